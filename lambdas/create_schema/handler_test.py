from __future__ import annotations

from typing import Any

import pytest
from create_schema.handler import handler

from ingestion import objects, store
from ingestion_testing import crash, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import METADATA, Started

SCHEMA = samples.schema().to_dict()


def create(table: str = "daily", body: Any = SCHEMA, product: str = "weather") -> tuple[int, Any]:
    return call(handler, "POST", body, product=product, table=table)


def test_the_first_table_goes_into_v1_0(s3: Any, started: Started) -> None:
    samples.register(samples.metadata(schemas=()))
    assert create() == (201, {"product": "weather", "table": "daily", "version": "v1.0"})
    latest = store.load_latest("weather")
    assert (latest.version, latest.schemas) == ("v1.0", ("daily",))
    assert store.load_schema(latest, "daily").to_dict() == SCHEMA
    assert started.of("push_to_catalogue") == [{"product": "weather"}]


def test_a_later_table_makes_a_minor_version(s3: Any, started: Started) -> None:
    samples.register(samples.metadata(schemas=()))
    create("daily")
    assert create("hourly")[1]["version"] == "v1.1"
    latest = store.load_latest("weather")
    assert latest.schemas == ("daily", "hourly")
    assert set(store.load_schemas(latest)) == {"daily", "hourly"}


def test_the_first_table_after_v1_0_makes_a_minor_version(s3: Any, started: Started) -> None:
    for version in ("v1.0", "v1.1"):
        samples.register(samples.metadata(version=version, schemas=()))
    assert create()[1]["version"] == "v1.2"


def test_a_table_that_exists_is_refused(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    status, code, message = refusal(create())
    assert (status, code) == (409, "Conflict")
    assert message.startswith("table daily has a schema in weather v1.0 already")
    assert started.events == []


def test_an_unknown_product_is_not_found(s3: Any) -> None:
    message = "data product weather is not registered"
    assert refusal(create()) == (404, "NotFound", message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "tableDescription: Field required; columns: Field required"),
        ({"tableDescription": "", "columns": []}, "columns: "),
        (
            {**SCHEMA, "columns": [{"name": "a", "type": "text", "description": ""}]},
            "columns[0].type: 'text' is no column type",
        ),
        (
            {**SCHEMA, "columns": SCHEMA["columns"] * 2},
            "columns: column 'day' is there twice",
        ),
        ({**SCHEMA, "owner": "me"}, "owner: Extra inputs"),
    ],
)
def test_a_wrong_schema_is_refused(body: Any, message: str, s3: Any) -> None:
    samples.register(samples.metadata(schemas=()))
    status, code, found = refusal(create(body=body))
    assert (status, code) == (400, "BadRequest")
    assert found.startswith(message)
    assert store.load_latest("weather").schemas == ()
    assert list(objects.keys(METADATA, "weather/v")) == ["weather/v1.0/metadata.json"]


def test_a_wrong_name_or_method_is_refused(s3: Any) -> None:
    assert refusal(create("Daily"))[0] == 400
    assert refusal(create(product="-"))[0] == 400
    assert refusal(call(handler, "PUT"))[0] == 405


@pytest.mark.parametrize("first", [True, False])
def test_a_crash_at_any_write_can_be_repeated(
    first: bool, environment: None, started: Started
) -> None:
    there = () if first else ("daily",)

    def created_after_all() -> None:
        assert store.load_latest("weather").schemas in (there, ("hourly", *there)[::-1])
        create("hourly")
        latest = store.load_latest("weather")
        assert latest.version == ("v1.0" if first else "v1.1")
        assert set(store.load_schemas(latest)) == {"hourly", *there}

    def prepare() -> None:
        samples.register(samples.metadata(schemas=there))

    assert crash.at_every_write(prepare, lambda: create("hourly"), created_after_all) >= 8


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("create_schema.handler") & {"pyarrow", "boto3", "requests"}
