"""pytest fixtures: an AWS in this process with the pipeline's buckets, none of the machine's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from ingestion import aws as aws_clients
from ingestion import observability

REGION = "eu-west-2"
LANDING = "landing-bucket"
DATA = "data-bucket"
METADATA = "metadata-bucket"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_LAMBDA_FUNCTION_NAME": "under_test",
    "LANDING_BUCKET": LANDING,
    "DATA_BUCKET": DATA,
    "METADATA_BUCKET": METADATA,
}


@dataclass(frozen=True)
class Context:
    """Lambda's context, as far as handlers and Powertools read it."""

    aws_request_id: str = "request-1"
    function_name: str = "under_test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-2:123456789012:function:under_test"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pipeline's settings, and no AWS settings of the machine's."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "_X_AMZN_TRACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    _forget()


def _forget() -> None:
    aws_clients.client.cache_clear()
    observability.logger.cache_clear()
    observability.metrics.cache_clear()
    # Its handler keeps the standard output of the test that made it.
    logging.Logger.manager.loggerDict.pop(ENVIRONMENT["AWS_LAMBDA_FUNCTION_NAME"], None)


@pytest.fixture
def s3(environment: None) -> Iterator[Any]:
    """An S3 client of an AWS in this process, where the three buckets are."""
    with mock_aws():
        client = aws_clients.client("s3")
        for bucket in (LANDING, DATA, METADATA):
            client.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        yield client


@pytest.fixture
def context() -> Context:
    return Context()
