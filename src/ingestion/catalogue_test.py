from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingestion import aws, catalogue
from ingestion.names import Area, Version
from ingestion_testing import samples

FILE = samples.file(Area.CURATED)
V1_0, V1_1 = Version(1, 0), Version(1, 1)


def columns(table: str = "daily") -> list[str]:
    found = catalogue.get_table("weather_v1", table)
    assert found
    return [column["Name"] for column in found["StorageDescriptor"]["Columns"]]


def test_a_load_is_registered_with_all_that_it_needs(s3: Any) -> None:
    catalogue.register_load(FILE, samples.schema(), V1_0)
    assert catalogue.databases("weather") == ("weather_v1",)
    assert catalogue.tables("weather_v1") == ("daily",)
    assert catalogue.has_partition(FILE)
    table = catalogue.get_table("weather_v1", "daily")
    assert table
    assert table["StorageDescriptor"]["Location"] == "s3://data-bucket/curated/weather/v1/daily/"
    partition = aws.client("glue").get_partition(
        DatabaseName="weather_v1", TableName="daily", PartitionValues=[FILE.load_timestamp]
    )["Partition"]
    assert partition["StorageDescriptor"]["Location"] == f"s3://data-bucket/{FILE.prefix}"


def test_registering_again_changes_nothing(s3: Any) -> None:
    catalogue.register_load(FILE, samples.schema(), V1_0)
    before = catalogue.get_table("weather_v1", "daily")
    catalogue.register_load(FILE, samples.schema(), V1_0)
    assert catalogue.get_table("weather_v1", "daily") == before
    assert catalogue.partitions("weather_v1", "daily") == {FILE.load_timestamp}


def test_a_table_follows_a_newer_schema_and_never_goes_back(s3: Any) -> None:
    newer = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
    catalogue.register_load(FILE, samples.schema(), V1_0)
    catalogue.update_table("weather", "daily", newer, V1_1)
    assert columns() == ["day", "highest", "lowest"]
    catalogue.register_load(FILE, samples.schema(), V1_0)
    assert columns() == ["day", "highest", "lowest"]


def test_versions_of_a_table_are_compared_by_number(s3: Any) -> None:
    catalogue.register_load(FILE, samples.schema(a="int"), Version(1, 9))
    catalogue.register_load(FILE, samples.schema(a="int", b="int"), Version(1, 10))
    assert columns() == ["a", "b"]


def test_a_table_that_is_not_there_is_not_updated(s3: Any) -> None:
    catalogue.update_table("weather", "daily", samples.schema(), V1_1)
    assert catalogue.get_table("weather_v1", "daily") is None


def test_what_is_not_there_is_nothing(s3: Any) -> None:
    assert catalogue.get_table("weather_v1", "daily") is None
    assert not catalogue.has_partition(FILE)
    assert catalogue.partitions("weather_v1", "daily") == frozenset()
    assert catalogue.tables("weather_v1") == ()
    assert catalogue.databases("weather") == ()
    catalogue.drop_table("weather_v1", "daily")
    catalogue.drop_database("weather_v1")


def test_partitions_are_dropped(s3: Any) -> None:
    loads = [f"20240131T1230{second:02}Z" for second in range(30)]
    for load in loads:
        catalogue.register_load(
            samples.file(Area.CURATED, load_timestamp=load), samples.schema(), V1_0
        )
    catalogue.drop_partitions("weather_v1", "daily", loads[1:])
    assert catalogue.partitions("weather_v1", "daily") == {loads[0]}


def test_a_database_goes_with_its_tables(s3: Any) -> None:
    catalogue.register_load(FILE, samples.schema(), V1_0)
    catalogue.drop_table("weather_v1", "daily")
    assert catalogue.tables("weather_v1") == ()
    catalogue.register_load(FILE, samples.schema(), V1_0)
    catalogue.drop_database("weather_v1")
    assert catalogue.databases("weather") == ()
    assert not catalogue.has_partition(FILE)


def test_another_products_databases_are_not_this_ones(s3: Any) -> None:
    for name in ("weather_v1", "weather_v12", "weather_v1_v1", "weather_daily_v1", "weather_vx"):
        catalogue.ensure_database(name)
    assert catalogue.databases("weather") == ("weather_v1", "weather_v12")


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("create_database", lambda: catalogue.ensure_database("a_v1")),
        ("create_table", lambda: catalogue.ensure_table("a", "t", samples.schema(), V1_0)),
        ("get_table", lambda: catalogue.get_table("a_v1", "t")),
        ("get_partition", lambda: catalogue.has_partition(FILE)),
        ("create_partition", lambda: catalogue.add_partition(FILE, samples.schema())),
        ("delete_table", lambda: catalogue.drop_table("a_v1", "t")),
    ],
)
def test_a_refusal_of_glues_is_an_error(
    operation: str, call: Any, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

    monkeypatch.setattr(aws.client("glue"), operation, refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        call()
