from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from containers import pipeline
from containers.contract import LambdaContract, Refusal
from containers.function import Function
from containers.lambda_api import AwsWithLambda, running_aws_with_lambda
from ingestion import objects
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


class TestReloadProduct(LambdaContract):
    layout = "lambdas.reload_product/image"
    environment: ClassVar = {**pipeline.SETTINGS, "CURATED_LOAD_FUNCTION": "curated_load"}
    refusals = (
        Refusal({}, error="BadEvent", says="product"),
        Refusal({"product": "Weather"}, error="BadEvent", says="product"),
    )

    @pytest.fixture(scope="class")
    @classmethod
    def aws(cls) -> Iterator[AwsWithLambda]:
        with running_aws_with_lambda() as aws:
            yield aws

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: AwsWithLambda) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            yield client

    def test_every_raw_file_is_given_to_curated_load(
        self, function: Function, aws: AwsWithLambda
    ) -> None:
        files = [samples.file(Area.RAW, load_timestamp=f"20240131T12300{n}Z") for n in range(3)]
        for file in files:
            objects.write(DATA, file.key, b"", "text/plain")
        answer = function.invoke({"product": "weather"}).payload
        assert (answer["queued"], answer["complete"]) == (3, True)
        details = [event["detail"] for event in aws.functions.invocations("curated_load")]
        assert [detail["object"]["key"] for detail in details] == [file.key for file in files]
        assert {detail["rebuildSince"] for detail in details} == {answer["since"]}
