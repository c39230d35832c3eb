from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion import store
from ingestion_testing import samples


def event(table: str = "daily", method: str = "DELETE") -> dict[str, Any]:
    """API Gateway's event for the deletion of a table."""
    delete = sample(__file__, "delete")
    path = {"product": "weather", "table": table}
    return {**delete, "httpMethod": method, "pathParameters": path}


class TestDeleteTable(LambdaContract):
    layout = "lambdas.delete_table/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event("-"), status=400, says="table"),
        Refusal(event("hourly"), status=404, says="hourly"),
        Refusal(event(method="GET"), status=405, says="GET"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata(schemas=("daily", "weekly")))
            yield client

    def test_a_major_version_is_without_the_table(self, function: Function) -> None:
        answer = function.invoke(event())
        assert (answer.status, answer.body["version"]) == (200, "v2.0")
        assert store.load_latest("weather").schemas == ("weekly",)
        assert store.load_latest("weather", major=1).schemas == ("daily", "weekly")
        assert function.invoke(event()).status == 404
