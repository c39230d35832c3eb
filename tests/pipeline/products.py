"""What the tests of the pipeline do again and again: as users do it, by requests."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from containers import pipeline as buckets
from ingestion import catalogue, loads, names, objects
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from pipeline.deployment import Pipeline

DATA, LANDING = buckets.SETTINGS["DATA_BUCKET"], buckets.SETTINGS["LANDING_BUCKET"]
METADATA = buckets.SETTINGS["METADATA_BUCKET"]
DAILY = {"day": "date", "highest": "decimal(4,1)"}
HOURLY = {"hour": "timestamp", "sunny": "boolean"}
DAILY_CSV = b"day,highest\n2024-01-31,9.5\n2024-02-01,-1.0\n"
HOURLY_CSV = b"hour,sunny\n2024-01-31T12:00:00Z,true\n"


def done(pipeline: Pipeline, method: str, path: str, body: Any = None) -> Any:
    """The JSON that a request is answered with; it must succeed."""
    answer = pipeline.ask(method, path, body)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def schema(**types: str) -> dict[str, Any]:
    return samples.schema(**types).to_dict()


def register(pipeline: Pipeline, product: str, **tables: dict[str, Any]) -> None:
    """A product with these tables, each by its schema."""
    done(pipeline, "POST", "/data-product/register", {**samples.details(), "name": product})
    for table, document in tables.items():
        done(pipeline, "POST", f"/data-product/{product}/table/{table}/schema", document)


def weather(pipeline: Pipeline, product: str) -> None:
    """A product of two tables with a load each, and nothing left to deliver."""
    register(pipeline, product, daily=schema(**DAILY), hourly=schema(**HOURLY))
    pipeline.upload(product, "daily", DAILY_CSV)
    pipeline.upload(product, "hourly", HOURLY_CSV)
    pipeline.settle()


def became_of(pipeline: Pipeline, key: str) -> Any:
    """What the API answers of an uploaded file, by its key in the landing zone."""
    file = DataFile.parse(key)
    path = f"/data-product/{file.product}/table/{file.table}/upload/{names.upload_id(file)}"
    return done(pipeline, "GET", path)


def preview(pipeline: Pipeline, product: str, table: str) -> Any:
    return done(pipeline, "GET", f"/data-product/{product}/table/{table}/preview")


def curated(product: str) -> dict[DataFile, list[dict[str, Any]]]:
    """Every curated file of a product, and its rows."""
    return {file: stored(file).to_pylist() for file in loads.files(Area.CURATED, product)}


def stored(file: DataFile) -> pa.Table:
    found = objects.read(DATA, file.key)
    assert found
    return pq.read_table(io.BytesIO(found[0]))


def partitions(product: str, major: int = 1) -> dict[str, int]:
    """How many partitions Glue knows of each table."""
    database = f"{product}_v{major}"
    return {
        table: len(catalogue.partitions(database, table)) for table in catalogue.tables(database)
    }


def wait_for(condition: Callable[[], Any]) -> None:
    """Until it holds, at most half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def all_started(pipeline: Pipeline) -> bool:
    """Whether all the images that the BUILD file gives were needed; if not, tests run too often."""
    return pipeline.functions.running.keys() == pipeline.functions.names
