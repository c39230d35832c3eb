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


def event(**changes: Any) -> dict[str, Any]:
    """API Gateway's event for registering a product."""
    register = sample(__file__, "register")
    return {**register, "body": json.dumps({**json.loads(register["body"]), **changes})}


class TestCreateMetadata(LambdaContract):
    layout = "lambdas.create_metadata/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(status="ready"), status=400, says="status"),
        Refusal(event(version="v9.0"), status=400, says="version"),
        Refusal(samples.api_request("POST", "{}"), status=400, says="dataProductOwner"),
        Refusal(samples.api_request("GET"), status=405, says="GET"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            yield client

    def test_a_product_is_registered_once(self, function: Function) -> None:
        first = function.invoke(event())
        assert (first.status, first.body["version"]) == (201, "v1.0")
        assert store.load_latest("rainfall").to_dict() == first.body
        second = function.invoke(event(description="another"))
        assert (second.status, second.body["error"]["code"]) == (409, "Conflict")
        assert store.load_latest("rainfall").to_dict() == first.body
