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


def event(path: str = "/data-product/{product}", product: str = "weather") -> dict[str, Any]:
    """API Gateway's event for a look at a product."""
    return {**sample(__file__, "product"), "resource": path, "pathParameters": {"product": product}}


class TestReadProducts(LambdaContract):
    layout = "lambdas.read_products/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(product="-"), status=400, says="product"),
        Refusal(event(product="climate"), status=404, says="climate"),
        Refusal({**event(), "httpMethod": "PATCH"}, status=405, says="PATCH"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def test_the_product_is_as_it_is_stored(self, function: Function) -> None:
        answer = function.invoke(event())
        assert (answer.status, answer.body) == (200, samples.metadata().to_dict())

    def test_the_product_is_listed(self, function: Function) -> None:
        listed = function.invoke(event("/data-product")).body["products"]
        assert [product["name"] for product in listed] == ["weather"]

    def test_its_tables_are_listed(self, function: Function) -> None:
        listed = function.invoke(event("/data-product/{product}/table")).body["tables"]
        assert [table["name"] for table in listed] == ["daily"]
