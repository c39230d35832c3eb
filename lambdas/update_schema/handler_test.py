from __future__ import annotations

from typing import Any

import pytest
from update_schema.handler import handler

from ingestion import catalogue, loads, names, objects, store
from ingestion.names import Area
from ingestion.schemas import TableSchema
from ingestion_testing import crash, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import DATA, Started

NO_CHANGES: dict[str, list[str]] = {
    "removed_columns": [],
    "added_columns": [],
    "types_changed": [],
    "descriptions_changed": [],
}
MORE = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
LESS = samples.schema(day="date")
WIDER = samples.schema(day="date", highest="decimal(6,1)")


def update(schema: TableSchema, table: str = "daily") -> tuple[int, Any]:
    return call(handler, "PUT", schema.to_dict(), product="weather", table=table)


def prepare() -> None:
    """Two tables, one load of each."""
    samples.register(samples.metadata(schemas=("daily", "hourly")))
    for table in ("daily", "hourly"):
        file = samples.file(Area.CURATED, table=table)
        objects.write(DATA, file.key, b"parquet", "text/plain")
        catalogue.register_load(file, samples.schema(), names.FIRST_VERSION)


def columns(database: str) -> list[str]:
    table = catalogue.get_table(database, "daily")
    assert table
    return [column["Name"] for column in table["StorageDescriptor"]["Columns"]]


def test_an_added_column_makes_a_minor_version(s3: Any, started: Started) -> None:
    prepare()
    assert update(MORE) == (
        200,
        {
            "product": "weather",
            "table": "daily",
            "version": "v1.1",
            "changes": {**NO_CHANGES, "added_columns": ["lowest"]},
        },
    )
    latest = store.load_latest("weather")
    assert store.load_schemas(latest) == {"daily": MORE, "hourly": samples.schema()}
    assert columns("weather_v1") == ["day", "highest", "lowest"]
    assert catalogue.databases("weather") == ("weather_v1",)
    assert started.of("push_to_catalogue") == [{"product": "weather"}]


def test_a_table_without_loads_gets_a_minor_version_too(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    assert update(MORE)[1]["version"] == "v1.1"
    assert catalogue.databases("weather") == ()


def test_a_removed_column_makes_a_major_version_with_every_tables_newest_load(
    s3: Any, started: Started
) -> None:
    prepare()
    status, answer = update(LESS)
    assert (status, answer["version"]) == (200, "v2.0")
    assert answer["changes"] == {**NO_CHANGES, "removed_columns": ["highest"]}
    assert store.load_schemas(store.load_latest("weather"))["daily"] == LESS
    assert catalogue.tables("weather_v2") == ("daily", "hourly")
    assert columns("weather_v2") == ["day"]
    for table in ("daily", "hourly"):
        assert len(loads.newest("weather", 2, table)) == 1
        assert len(loads.newest("weather", 1, table)) == 1


def test_a_changed_type_makes_a_major_version_without_the_tables_load(
    s3: Any, started: Started
) -> None:
    prepare()
    status, answer = update(WIDER)
    assert (status, answer["version"]) == (200, "v2.0")
    assert answer["changes"] == {**NO_CHANGES, "types_changed": ["highest"]}
    assert loads.newest("weather", 2, "daily") == ()
    assert catalogue.tables("weather_v2") == ("hourly",)


def test_a_column_that_comes_back_as_another_takes_no_old_file_along(
    s3: Any, started: Started
) -> None:
    prepare()
    assert update(LESS)[1]["version"] == "v2.0"
    status, answer = update(samples.schema(day="date", highest="string"))
    assert (status, answer["version"]) == (200, "v3.0")
    assert answer["changes"] == {**NO_CHANGES, "types_changed": ["highest"]}
    assert loads.newest("weather", 3, "daily") == ()
    assert catalogue.tables("weather_v3") == ("hourly",)


def test_no_change_is_refused(s3: Any, started: Started) -> None:
    prepare()
    swapped = TableSchema(
        table_description=samples.schema().table_description,
        columns=samples.schema().columns[::-1],
    )
    for same in (samples.schema(), swapped):
        message = "body: nothing changes in table daily of weather v1.0"
        assert refusal(update(same)) == (400, "BadRequest", message)
    assert started.events == []


def test_what_is_not_there_is_not_found(s3: Any) -> None:
    assert refusal(update(MORE))[:2] == (404, "NotFound")
    samples.register(samples.metadata())
    assert refusal(update(MORE, "hourly"))[:2] == (404, "NotFound")


def test_a_wrong_body_name_or_method_is_refused(s3: Any) -> None:
    samples.register(samples.metadata())
    answer = call(handler, "PUT", {"columns": []}, product="weather", table="daily")
    assert refusal(answer)[0] == 400
    assert refusal(update(MORE, "Daily"))[0] == 400
    assert refusal(call(handler, "POST"))[0] == 405


@pytest.mark.parametrize(("schema", "version"), [(MORE, "v1.1"), (LESS, "v2.0"), (WIDER, "v2.0")])
def test_a_crash_at_any_write_leaves_a_whole_version_and_can_be_repeated(
    schema: TableSchema, version: str, environment: None, started: Started
) -> None:
    def updated_after_all() -> None:
        latest = store.load_latest("weather")
        assert latest.version in ("v1.0", version)
        assert set(store.load_schemas(latest)) == {"daily", "hourly"}
        again = update(schema)
        assert again[0] == (200 if latest.version == "v1.0" else 400)
        latest = store.load_latest("weather")
        assert latest.version == version
        assert store.load_schema(latest, "daily") == schema
        if version == "v2.0":
            carried = {"hourly"} if schema is WIDER else {"daily", "hourly"}
            assert set(catalogue.tables("weather_v2")) == carried
            files = loads.files(Area.CURATED, "weather")
            assert {file.table for file in files if file.major == 2} == carried

    assert crash.at_every_write(prepare, lambda: update(schema), updated_after_all) >= 10


def test_two_changes_at_once_do_not_mix(s3: Any, started: Started) -> None:
    """The second writer begins after the first one has claimed the head."""
    prepare()
    with crash.crashing(step=2):
        update(LESS)
    status, code, message = refusal(update(WIDER))
    assert (status, code) == (409, "Conflict")
    assert "another change of data product weather is being made" in message
    assert update(LESS)[1]["version"] == "v2.0"


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("update_schema.handler") & {"pyarrow", "boto3", "requests"}
