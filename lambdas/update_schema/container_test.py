from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion import catalogue, loads, names, objects, store
from ingestion.names import Area
from ingestion.schemas import TableSchema
from ingestion_testing import samples

MORE = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
LESS = samples.schema(day="date")


def event(schema: TableSchema = MORE, table: str = "daily", **changes: Any) -> dict[str, Any]:
    """API Gateway's event for a table's new schema."""
    body = json.dumps(schema.to_dict())
    path = {"product": "weather", "table": table}
    return {**sample(__file__, "add_column"), "pathParameters": path, "body": body, **changes}


class TestUpdateSchema(LambdaContract):
    layout = "lambdas.update_schema/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(body="{}"), status=400, says="columns"),
        Refusal(event(samples.schema()), status=400, says="nothing changes"),
        Refusal(event(table="hourly"), status=404, says="hourly"),
        Refusal(event(httpMethod="GET"), status=405, says="GET"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def test_a_minor_and_then_a_major_version(self, function: Function) -> None:
        file = samples.file(Area.CURATED)
        objects.write(pipeline.SETTINGS["DATA_BUCKET"], file.key, b"parquet", "text/plain")
        catalogue.register_load(file, samples.schema(), names.FIRST_VERSION)
        minor = function.invoke(sample(__file__, "add_column"))
        assert (minor.status, minor.body["version"]) == (200, "v1.1")
        assert minor.body["changes"]["added_columns"] == ["lowest"]
        major = function.invoke(event(LESS))
        assert (major.status, major.body["version"]) == (200, "v2.0")
        assert major.body["changes"]["removed_columns"] == ["highest", "lowest"]
        assert store.load_schema(store.load_latest("weather"), "daily") == LESS
        assert catalogue.partitions("weather_v2", "daily") == {file.load_timestamp}
        assert loads.newest("weather", 2, "daily") == (file.in_major(2),)
        # So that what was refused before is refused after.
        assert function.invoke(event(samples.schema())).body["version"] == "v2.1"
