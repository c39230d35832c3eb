from __future__ import annotations

from typing import Any

import pytest
from create_metadata.handler import handler

from ingestion import objects, store
from ingestion.names import Version
from ingestion_testing import crash, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import METADATA, Started

DETAILS = samples.details()


def register(**changes: Any) -> tuple[int, Any]:
    return call(handler, "POST", {**DETAILS, **changes})


def test_a_product_is_registered_as_v1_0(s3: Any, started: Started) -> None:
    status, answer = register()
    assert status == 201
    assert DETAILS.items() <= answer.items()
    assert (answer["version"], answer["id"]) == ("v1.0", "dp:weather:v1.0")
    assert answer["schemas"] == []
    assert answer["s3Location"] == "s3://data-bucket/curated/weather/v1/"
    assert answer["creationDate"] == answer["lastUpdated"]
    stored = store.load_metadata("weather", Version(1, 0))
    assert stored
    assert stored.to_dict() == answer


def test_the_catalogue_is_told(s3: Any, started: Started) -> None:
    register()
    assert started.of("push_to_catalogue") == [{"product": "weather"}]


def test_a_duplicate_is_refused_and_changes_nothing(s3: Any, started: Started) -> None:
    register()
    before = objects.read(METADATA, "weather/v1.0/metadata.json")
    answer = register(description="another")
    assert refusal(answer) == (
        409,
        "Conflict",
        "data product weather is registered already, as v1.0",
    )
    assert objects.read(METADATA, "weather/v1.0/metadata.json") == before
    assert len(started.events) == 1


def test_a_product_that_is_being_deleted_is_not_registered(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    samples.start_deletion("weather")
    status, code, message = refusal(register())
    assert (status, code) == (409, "Conflict")
    assert "is being deleted" in message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Weather"}, "name"),
        ({"name": "w" * 129}, "name"),
        ({"name": "register"}, "name"),
        ({"status": "ready"}, "status"),
        ({"email": "nobody"}, "email"),
        ({"dpiaRequired": "no"}, "dpiaRequired"),
        ({"retentionPeriod": -1}, "retentionPeriod"),
        ({"version": "v7.0"}, "version"),
        ({"id": "dp:weather:v7.0"}, "id"),
    ],
)
def test_a_wrong_field_is_named(
    changes: dict[str, Any], field: str, s3: Any, started: Started
) -> None:
    status, code, message = refusal(register(**changes))
    assert (status, code) == (400, "BadRequest")
    assert message.startswith(f"{field}: ")
    assert list(objects.keys(METADATA, "")) == []


@pytest.mark.parametrize("field", DETAILS)
def test_a_missing_field_is_named(field: str, s3: Any) -> None:
    without = {name: value for name, value in DETAILS.items() if name != field}
    assert refusal(call(handler, "POST", without)) == (
        400,
        "BadRequest",
        f"{field}: Field required",
    )


def test_another_method_is_refused(s3: Any) -> None:
    assert refusal(call(handler, "GET"))[:2] == (405, "MethodNotAllowed")


def test_a_catalogue_that_is_down_does_not_fail_it(s3: Any) -> None:
    # There is no such function, so Lambda refuses to start it.
    assert register()[0] == 201


def test_a_crash_at_any_write_can_be_repeated(environment: None, started: Started) -> None:
    def registered_after_all() -> None:
        register()
        assert store.load_latest("weather").version == "v1.0"

    assert crash.at_every_write(lambda: None, register, registered_after_all) == 6


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("create_metadata.handler") & {"pyarrow", "boto3", "requests"}
