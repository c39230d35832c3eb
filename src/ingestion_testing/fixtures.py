"""pytest fixtures: an AWS in this process with the pipeline's buckets, none of the machine's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest

from ingestion import aws, functions, observability
from ingestion_testing import aws_limits

# How long an example takes is the machine's business: tests run beside each other.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

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
    "CURATED_LOAD_FUNCTION": "curated_load",
    "LANDING_TO_RAW_FUNCTION": "landing_to_raw",
    "PUSH_TO_CATALOGUE_FUNCTION": "push_to_catalogue",
}
_OF_THE_MACHINE = (
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "_X_AMZN_TRACE_ID",
)


@dataclass(frozen=True)
class Context:
    """Lambda's context, as far as handlers and Powertools read it."""

    aws_request_id: str = "request-1"
    function_name: str = "under_test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-2:123456789012:function:under_test"
    milliseconds_left: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline's settings, and no AWS settings of the machine's."""
    for name in _OF_THE_MACHINE:
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    observability.logger.cache_clear()
    observability.metrics.cache_clear()
    # What a test counted that ran no handler, Powertools keeps for the next one.
    observability.metrics().clear_metrics()
    # Its handler keeps the standard output of the test that made it.
    logging.Logger.manager.loggerDict.pop(ENVIRONMENT["AWS_LAMBDA_FUNCTION_NAME"], None)


@contextmanager
def world() -> Iterator[Any]:
    """An AWS of its own in this process, with the three buckets; gives its S3 client."""
    with aws_limits.strict_aws():
        client = aws.client("s3")
        for bucket in (LANDING, DATA, METADATA):
            client.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        yield client


@pytest.fixture
def s3(environment: None) -> Iterator[Any]:
    """An S3 client of an AWS in this process, where the three buckets are."""
    with world() as client:
        yield client


@pytest.fixture
def context() -> Context:
    return Context()


@dataclass(frozen=True)
class Started:
    """The functions that were started, each with its event; none of them ran."""

    events: list[tuple[str, dict[str, Any]]]

    def of(self, function: str) -> list[dict[str, Any]]:
        return [event for name, event in self.events if name == function]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Takes the place of Lambda: what is started is written down."""
    events: list[tuple[str, dict[str, Any]]] = []

    def start(name: str, event: dict[str, Any]) -> None:
        assert len(json.dumps(event).encode()) <= aws_limits.LARGEST_EVENT
        events.append((name, event))

    monkeypatch.setattr(functions, "start", start)
    return Started(events)
