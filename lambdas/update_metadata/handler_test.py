from __future__ import annotations

from typing import Any

import pytest
from update_metadata.handler import handler

from ingestion import store
from ingestion_testing import imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import Started


def update(product: str = "weather", **changes: Any) -> tuple[int, Any]:
    return call(handler, "PUT", {**samples.details(), **changes}, product=product)


def test_a_change_makes_a_minor_version(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    status, answer = update(description="new", tags={"a": "b"})
    assert status == 200
    assert (answer["version"], answer["description"]) == ("v1.1", "new")
    assert answer["schemas"] == ["daily"]
    latest = store.load_latest("weather")
    assert latest.to_dict() == answer
    assert store.load_schema(latest, "daily") == samples.schema()
    assert latest.creation_date == samples.MOMENT < latest.last_updated
    assert started.of("push_to_catalogue") == [{"product": "weather"}]


def test_the_version_before_stays(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    update(description="new")
    old = store.load_metadata("weather", samples.metadata().parsed_version)
    assert old == samples.metadata()


def test_versions_go_on_after_v1_9(s3: Any, started: Started) -> None:
    for version in ("v1.9", "v1.10"):
        samples.register(samples.metadata(version=version))
    assert update(description="new")[1]["version"] == "v1.11"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "body: nothing changes from v1.0"),
        ({"name": "climate"}, "name: a product's name cannot change"),
        ({"status": "gone"}, "status: "),
        ({"lastUpdated": "2024-01-01"}, "lastUpdated: Extra inputs"),
        ({"schemas": []}, "schemas: Extra inputs"),
    ],
)
def test_another_change_is_refused(
    changes: dict[str, Any], message: str, s3: Any, started: Started
) -> None:
    samples.register(samples.metadata())
    status, code, found = refusal(update(**changes))
    assert (status, code) == (400, "BadRequest")
    assert found.startswith(message)
    assert store.load_latest("weather").version == "v1.0"
    assert started.events == []


def test_an_unknown_product_is_not_found(s3: Any) -> None:
    message = "data product weather is not registered"
    assert refusal(update()) == (404, "NotFound", message)
    assert refusal(call(handler, "GET"))[0] == 405


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("update_metadata.handler") & {"pyarrow", "boto3", "requests"}
