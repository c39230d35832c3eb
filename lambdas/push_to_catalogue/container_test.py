from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from containers import pipeline
from containers.aws import Aws, running_aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion_testing import samples
from ingestion_testing.recorder import Recorder, recording

SECRET_ID = "catalogue-token"
TOKEN = "open-sesame"


@dataclass(frozen=True)
class AwsAndCatalogue(Aws):
    """An AWS, and a catalogue beside it that takes what it is told."""

    catalogue: Recorder

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "CATALOGUE_URL": self.catalogue.url}


class TestPushToCatalogue(LambdaContract):
    layout = "lambdas.push_to_catalogue/image"
    environment: ClassVar = {**pipeline.SETTINGS, "CATALOGUE_SECRET_ID": SECRET_ID}
    refusals = (
        Refusal({}, error="BadEvent", says="product"),
        Refusal({"product": "-"}, error="BadEvent", says="product"),
    )

    @pytest.fixture(scope="class")
    @classmethod
    def aws(cls) -> Iterator[AwsAndCatalogue]:
        with running_aws() as aws, recording() as catalogue:
            yield AwsAndCatalogue(aws.endpoint, catalogue)

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: AwsAndCatalogue) -> Iterator[Any]:
        aws.client("secretsmanager").create_secret(Name=SECRET_ID, SecretString=TOKEN)
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def test_the_product_and_its_tables_are_put(
        self, function: Function, aws: AwsAndCatalogue
    ) -> None:
        answer = function.invoke(sample(__file__, "product"))
        assert answer.payload == {"outcome": "pushed", "product": "weather"}
        names = [request.body["name"] for request in aws.catalogue.asked]
        assert names == ["data_products", "weather", "v1", "daily"]
        assert {request.authorization for request in aws.catalogue.asked} == {f"Bearer {TOKEN}"}

    def test_a_catalogue_that_refuses_is_no_error(
        self, function: Function, aws: AwsAndCatalogue
    ) -> None:
        aws.catalogue.next_statuses.append(401)
        answer = function.invoke({"product": "weather"})
        assert answer.payload == {"outcome": "failed", "product": "weather"}
        assert TOKEN not in function.logs()

    def test_an_unknown_product_is_gone(self, function: Function, aws: AwsAndCatalogue) -> None:
        answer = function.invoke({"product": "climate"})
        assert answer.payload == {"outcome": "gone", "product": "climate"}
        assert aws.catalogue.asked[-1].method == "DELETE"
