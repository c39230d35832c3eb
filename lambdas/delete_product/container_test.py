from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion import objects, store
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


def event(product: str = "weather", method: str = "DELETE") -> dict[str, Any]:
    """API Gateway's event for the deletion of a product."""
    delete = sample(__file__, "delete")
    return {**delete, "httpMethod": method, "pathParameters": {"product": product}}


class TestDeleteProduct(LambdaContract):
    layout = "lambdas.delete_product/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event("-"), status=400, says="product"),
        Refusal(event("climate"), status=404, says="climate"),
        Refusal(event(method="GET"), status=405, says="GET"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            yield client

    def test_everything_of_it_goes_and_nothing_else(self, function: Function) -> None:
        for product in ("weather", "weather_daily"):
            samples.register(samples.metadata(product))
            file = samples.file(Area.RAW, product=product)
            objects.write(DATA, file.key, b"", "text/plain")
        answer = function.invoke(event())
        assert (answer.status, answer.body["complete"]) == (200, True)
        assert answer.body["deletedObjects"] == 3
        assert store.read_head("weather") is None
        assert store.load_latest("weather_daily")
        assert list(objects.keys(DATA, "")) == [file.key]
        assert function.invoke(event()).status == 404
