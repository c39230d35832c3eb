"""Typed settings from the environment, read when used and never at import."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ingestion.errors import MissingSetting


@dataclass(frozen=True)
class Setting:
    """One required environment variable and what it is for."""

    variable: str
    meaning: str

    def __call__(self) -> str:
        """Its value now; `MissingSetting` names the variable when it is not set or empty."""
        value = os.environ.get(self.variable, "")
        if not value:
            raise MissingSetting(
                f"environment variable {self.variable} is not set; it is {self.meaning}. "
                "Set it in the function's configuration"
            )
        return value


landing_bucket = Setting("LANDING_BUCKET", "the bucket that producers upload to")
data_bucket = Setting("DATA_BUCKET", "the bucket of raw, refused and curated data")
metadata_bucket = Setting("METADATA_BUCKET", "the bucket of product metadata and table schemas")
authorizer_secret_id = Setting(
    "AUTHORIZER_SECRET_ID", "the name or ARN of the secret whose value callers must present"
)
aws_region = Setting("AWS_REGION", "the region, which Lambda sets by itself")


def service_name() -> str:
    """The name that logs, metrics and traces carry: the Lambda function's own."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "ingestion"


def aws_endpoint() -> str | None:
    """An AWS endpoint other than AWS's own, such as a local emulator's."""
    return os.environ.get("AWS_ENDPOINT_URL") or None


def is_traced() -> bool:
    """Whether X-Ray samples this invocation; Lambda's runtime sets the header anew for each."""
    return "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "")
