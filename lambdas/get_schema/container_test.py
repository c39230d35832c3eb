from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion_testing import samples


def event(table: str = "daily", product: str = "weather", method: str = "GET") -> dict[str, Any]:
    """API Gateway's event for a look at a schema."""
    path = {"product": product, "table": table}
    return {**sample(__file__, "get"), "httpMethod": method, "pathParameters": path}


class TestGetSchema(LambdaContract):
    layout = "lambdas.get_schema/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event("-"), status=400, says="table"),
        Refusal(event("hourly"), status=404, says="hourly"),
        Refusal(event(product="climate"), status=404, says="climate"),
        Refusal(event(method="PATCH"), status=405, says="PATCH"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def test_the_schema_is_as_it_was_written(self, function: Function) -> None:
        answer = function.invoke(event())
        assert (answer.status, answer.body) == (200, samples.schema().to_dict())
