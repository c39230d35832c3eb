"""What somebody else has put in the buckets is no matter to any request or event."""

from __future__ import annotations

from typing import Any

import pytest
from create_metadata.handler import handler as create_metadata
from create_schema.handler import handler as create_schema
from curated_load.handler import handler as curated_load
from delete_product.handler import handler as delete_product
from delete_table.handler import handler as delete_table
from get_schema.handler import handler as get_schema
from landing_to_raw.handler import handler as landing_to_raw
from presigned_url.handler import handler as presigned_url
from preview_data.handler import handler as preview_data
from reload_product.handler import handler as reload_product
from resync_unloaded.handler import handler as resync_unloaded
from update_metadata.handler import handler as update_metadata
from update_schema.handler import handler as update_schema

from ingestion import objects
from ingestion.names import Area
from ingestion_testing import samples
from ingestion_testing.answers import call
from ingestion_testing.fixtures import DATA, LANDING, METADATA, Context, Started

STRANGERS = ("", "tmp/x", "_SUCCESS", "v1.9/", "v1/", "v0/daily/x", "v01.0/metadata.json", ".x%2F+")
IN_A_TABLE = ("", "_SUCCESS", "load_timestamp=99990101T000000Z/", "load_timestamp=x/y.parquet")
NEWEST_LOAD = "load_timestamp=20240131T123000Z/"
UPLOAD = {"contentMd5": "1B2M2Y8AsgTpgAmY7PhCfg==", "contentLength": 1}


def put_strangers() -> None:
    for name in STRANGERS:
        objects.write(METADATA, f"weather/{name}", b"?", "text/plain")
    for area in Area:
        bucket = LANDING if area is Area.LANDING else DATA
        for name in STRANGERS:
            objects.write(bucket, f"{area}/weather/{name}", b"?", "text/plain")
        for version in ("v1", "v2"):
            for name in (*IN_A_TABLE, NEWEST_LOAD, f"{NEWEST_LOAD}_SUCCESS"):
                key = f"{area}/weather/{version}/daily/{name}"
                objects.write(bucket, key, b"?", "text/plain")


def test_strangers_are_in_nobodys_way(s3: Any, started: Started) -> None:
    put_strangers()
    table = {"product": "weather", "table": "daily"}
    assert call(create_metadata, "POST", samples.details())[0] == 201
    put_strangers()
    for name in ("daily", "hourly"):
        schema = samples.schema().to_dict()
        assert call(create_schema, "POST", schema, product="weather", table=name)[0] == 201
    assert call(presigned_url, "POST", UPLOAD, **table)[0] == 200
    landed = samples.file()
    objects.write(LANDING, landed.key, b"day,highest\n2024-01-31,9.5\n", "text/csv")
    event = samples.object_created(LANDING, landed.key)
    assert landing_to_raw(event, Context())["outcome"] == "raw"
    raw = samples.object_created(DATA, landed.moved_to(Area.RAW).key)
    assert curated_load(raw, Context())["outcome"] == "loaded"
    assert call(preview_data, "GET", **table)[1]["rows"] == [["2024-01-31", "9.5"]]
    assert resync_unloaded({"product": "weather"}, Context())["queued"] == 0
    assert reload_product({"product": "weather"}, Context())["queued"] == 1
    described = {**samples.details(), "description": "another"}
    assert call(update_metadata, "PUT", described, product="weather")[0] == 200
    narrow = samples.schema(day="date").to_dict()
    assert call(update_schema, "PUT", narrow, **table)[1]["version"] == "v2.0"
    assert call(get_schema, "GET", **table) == (200, narrow)
    assert call(preview_data, "GET", **table)[1]["rows"] == [["2024-01-31"]]
    assert call(delete_table, "DELETE", product="weather", table="hourly")[1]["version"] == "v3.0"
    assert call(delete_product, "DELETE", product="weather")[0] == 200
    for bucket, folder in ((METADATA, ""), (LANDING, "landing/"), (DATA, "raw/")):
        assert list(objects.keys(bucket, f"{folder}weather/")) == []


@pytest.mark.parametrize("key", ["raw/weather/v1/daily/_SUCCESS", "raw/", "landing/weather/"])
def test_a_strangers_event_is_ignored(key: str, s3: Any) -> None:
    for handler in (landing_to_raw, curated_load):
        assert handler(samples.object_created(DATA, key), Context())["outcome"] == "ignored"
