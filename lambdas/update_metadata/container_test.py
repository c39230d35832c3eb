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


def event(product: str = "weather", **changes: Any) -> dict[str, Any]:
    """API Gateway's event for an update of a product."""
    describe = sample(__file__, "describe")
    body = json.dumps({**json.loads(describe["body"]), **changes})
    return {**describe, "pathParameters": {"product": product}, "body": body}


class TestUpdateMetadata(LambdaContract):
    layout = "lambdas.update_metadata/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(email="nobody"), status=400, says="email"),
        Refusal(event(name="climate"), status=400, says="name"),
        Refusal(event("climate", name="climate"), status=404, says="climate"),
        Refusal({**event(), "httpMethod": "POST"}, status=405, says="POST"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def test_a_change_makes_a_minor_version(self, function: Function) -> None:
        before = store.load_latest("weather").parsed_version
        answer = function.invoke(event(description=f"not that of {before}"))
        assert (answer.status, answer.body["version"]) == (200, str(before.next_minor()))
        assert store.load_latest("weather").to_dict() == answer.body
        again = function.invoke(event(description=f"not that of {before}"))
        assert (again.status, again.body["error"]["code"]) == (400, "BadRequest")
