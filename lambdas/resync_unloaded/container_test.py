from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from containers import pipeline
from containers.contract import LambdaContract, Refusal
from containers.function import Function
from containers.lambda_api import AwsWithLambda, running_aws_with_lambda
from ingestion import catalogue, names, objects
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


class TestResyncUnloaded(LambdaContract):
    layout = "lambdas.resync_unloaded/image"
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

    def test_what_is_not_loaded_is_given_to_curated_load(
        self, function: Function, aws: AwsWithLambda
    ) -> None:
        loaded, unloaded = (
            samples.file(Area.RAW, load_timestamp=f"20240131T12300{n}Z") for n in range(2)
        )
        curated = loaded.moved_to(Area.CURATED)
        for file in (loaded, unloaded, curated):
            objects.write(DATA, file.key, b"", "text/plain")
        catalogue.register_load(curated, samples.schema(), names.FIRST_VERSION)
        answer = function.invoke({"product": "weather"}).payload
        assert (answer["queued"], answer["complete"]) == (1, True)
        (event,) = aws.functions.invocations("curated_load")
        assert event["detail"]["object"]["key"] == unloaded.key
