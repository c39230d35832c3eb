from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ingestion import aws, functions
from ingestion.events import ObjectCreated
from ingestion.names import Area
from ingestion_testing import samples
from ingestion_testing.fixtures import Started

FILE = samples.file(Area.RAW)


def test_a_function_is_started_and_not_waited_for(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(aws.client("lambda"), "invoke", lambda **call: asked.append(call))
    functions.start("a_function", {"a": 1})
    (call,) = asked
    assert json.loads(call.pop("Payload")) == {"a": 1}
    assert call == {"FunctionName": "a_function", "InvocationType": "Event"}


def test_a_load_is_asked_for_by_an_event_that_curated_load_reads(
    environment: None, started: Started
) -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    functions.load(FILE)
    functions.load(FILE, rebuild_since=since)
    first, second = (ObjectCreated.parse(event) for event in started.of("curated_load"))
    assert (first.bucket, first.key, first.rebuild_since) == ("data-bucket", FILE.key, None)
    assert (second.bucket, second.key, second.rebuild_since) == ("data-bucket", FILE.key, since)


def test_the_catalogue_is_told(environment: None, started: Started) -> None:
    functions.push_to_catalogue("weather")
    assert started.events == [("push_to_catalogue", {"product": "weather"})]


def test_without_a_catalogue_nothing_is_told(
    environment: None, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUSH_TO_CATALOGUE_FUNCTION")
    functions.push_to_catalogue("weather")
    assert started.events == []


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke"),
        EndpointConnectionError(endpoint_url="lambda"),
    ],
)
def test_a_push_that_cannot_be_started_fails_nobody(
    failure: Exception, environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise failure

    monkeypatch.setattr(functions, "start", fail)
    functions.push_to_catalogue("weather")
