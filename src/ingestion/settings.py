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

catalogue_url = Setting("CATALOGUE_URL", "the address of the metadata catalogue's HTTP API")
catalogue_secret_id = Setting(
    "CATALOGUE_SECRET_ID", "the name or ARN of the secret that holds the catalogue's token"
)
curated_load_function = Setting(
    "CURATED_LOAD_FUNCTION", "the name of the curated_load Lambda function"
)

landing_to_raw_function = Setting(
    "LANDING_TO_RAW_FUNCTION", "the name of the landing_to_raw Lambda function"
)


def push_to_catalogue_function() -> str | None:
    """The name of the push_to_catalogue Lambda function; without it nothing is pushed."""
    return os.environ.get("PUSH_TO_CATALOGUE_FUNCTION") or None


def service_name() -> str:
    """The name that logs, metrics and traces carry: the Lambda function's own."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "ingestion"


def is_s3_elsewhere() -> bool:
    """Whether S3 is not AWS's own, but for instance a local emulator."""
    return bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))


def is_traced() -> bool:
    """Whether X-Ray samples this invocation; Lambda's runtime sets the header anew for each."""
    return "Sampled=1" in os.environ.get("_X_AMZN_TRACE_ID", "")
