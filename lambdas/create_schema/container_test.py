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
from ingestion import store
from ingestion_testing import samples


def event(table: str = "hourly", product: str = "weather", **changes: Any) -> dict[str, Any]:
    """API Gateway's event for the registration of a table."""
    register = sample(__file__, "register")
    return {
        **register,
        "pathParameters": {"product": product, "table": table},
        "body": json.dumps({**json.loads(register["body"]), **changes}),
    }


class TestCreateSchema(LambdaContract):
    layout = "lambdas.create_schema/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(columns=[]), status=400, says="columns"),
        Refusal(event("Daily"), status=400, says="Daily"),
        Refusal(event(product="climate"), status=404, says="climate"),
        Refusal({**event(), "httpMethod": "DELETE"}, status=405, says="DELETE"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata(schemas=()))
            yield client

    def test_tables_are_registered_each_once(self, function: Function) -> None:
        first, second = function.invoke(event()), function.invoke(event("weekly"))
        assert (first.status, first.body["version"]) == (201, "v1.0")
        assert (second.status, second.body["version"]) == (201, "v1.1")
        assert store.load_latest("weather").schemas == ("hourly", "weekly")
        again = function.invoke(event())
        assert (again.status, again.body["error"]["code"]) == (409, "Conflict")
