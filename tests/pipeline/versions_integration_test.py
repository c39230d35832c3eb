"""What becomes of a product's data when its schemas change."""

from __future__ import annotations

import pytest

from ingestion import catalogue
from pipeline.deployment import Pipeline
from pipeline.products import (
    DAILY,
    all_started,
    curated,
    done,
    partitions,
    preview,
    schema,
    weather,
)

pytestmark = pytest.mark.usefixtures("log")


def test_a_minor_update_adds_a_column_that_older_loads_lack(pipeline: Pipeline) -> None:
    weather(pipeline, "minor")
    path = "/data-product/minor/table/daily/schema"
    updated = done(pipeline, "PUT", path, schema(**DAILY, lowest="int"))
    assert (updated["version"], updated["changes"]["added_columns"]) == ("v1.2", ["lowest"])
    assert preview(pipeline, "minor", "daily")["rows"][0] == ["2024-01-31", "9.5", None]
    table = catalogue.get_table("minor_v1", "daily")
    assert table
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]][-1] == "lowest"
    assert pipeline.ask("PUT", path, schema(**DAILY, lowest="int")).status_code == 400


def test_a_major_update_carries_over_what_still_fits(pipeline: Pipeline) -> None:
    weather(pipeline, "major")
    before = curated("major")
    path = "/data-product/major/table"
    removed = done(pipeline, "PUT", f"{path}/daily/schema", schema(day="date"))
    assert (removed["version"], removed["changes"]["removed_columns"]) == ("v2.0", ["highest"])
    assert partitions("major", 2) == {"daily": 1, "hourly": 1}
    assert preview(pipeline, "major", "daily")["rows"] == [["2024-01-31"], ["2024-02-01"]]

    retyped = done(pipeline, "PUT", f"{path}/daily/schema", schema(day="string"))
    assert (retyped["version"], retyped["changes"]["types_changed"]) == ("v3.0", ["day"])
    assert partitions("major", 3) == {"hourly": 1}
    assert pipeline.ask("GET", f"{path}/daily/preview").status_code == 404
    assert preview(pipeline, "major", "hourly")["version"] == "v3.0"

    pipeline.upload("major", "daily", b"day\nsomeday\n")
    pipeline.settle()
    assert preview(pipeline, "major", "daily")["rows"] == [["someday"]]
    # Whoever queries the first major version sees what was there.
    assert before.items() <= curated("major").items()
    assert partitions("major", 1) == {"daily": 1, "hourly": 1}


def test_a_deleted_table_is_gone_from_the_next_major_version(pipeline: Pipeline) -> None:
    weather(pipeline, "fewer")
    path = "/data-product/fewer/table"
    assert done(pipeline, "DELETE", f"{path}/daily")["version"] == "v2.0"
    assert pipeline.ask("GET", f"{path}/daily/schema").status_code == 404
    assert pipeline.ask("DELETE", f"{path}/daily").status_code == 404
    assert partitions("fewer", 2) == {"hourly": 1}
    assert partitions("fewer", 1) == {"daily": 1, "hourly": 1}
    assert preview(pipeline, "fewer", "hourly")["rows"] == [["2024-01-31 12:00:00", True]]


def test_every_image_given_was_needed(pipeline: Pipeline) -> None:
    """By the tests before. An edit of a lambda runs the tests that have its image."""
    assert all_started(pipeline)
