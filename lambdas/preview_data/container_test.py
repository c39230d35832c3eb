from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion import curated, objects
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


def event(query: dict[str, str] | None = None, table: str = "daily") -> dict[str, Any]:
    """API Gateway's event for a look at a table's data."""
    path = {"product": "weather", "table": table}
    return {**sample(__file__, "text"), "pathParameters": path, "queryStringParameters": query}


class TestPreviewData(LambdaContract):
    layout = "lambdas.preview_data/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event({"rows": "many"}), status=400, says="rows"),
        Refusal(event(table="-"), status=400, says="table"),
        Refusal(event(table="hourly"), status=404, says="hourly"),
        Refusal(event(table="empty"), status=404, says="nothing was loaded"),
        Refusal({**event(), "httpMethod": "POST"}, status=405, says="POST"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata(schemas=("daily", "empty")))
            file = samples.file(Area.RAW)
            objects.write(DATA, file.key, b"day,highest\n2024-01-31,9.5\n", "text/csv")
            source = objects.info(DATA, file.key)
            assert source
            curated.write(source, samples.schema(), DATA, file)
            yield client

    def test_the_rows_are_shown_as_json_and_as_text(self, function: Function) -> None:
        answer = function.invoke(event({"rows": "5"}))
        assert (answer.status, answer.body["rows"]) == (200, [["2024-01-31", "9.5"]])
        text = function.invoke(sample(__file__, "text")).payload["body"]
        assert text.splitlines()[-1] == "2024-01-31 | 9.5"
