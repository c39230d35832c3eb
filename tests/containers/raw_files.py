"""What holds for the container of a lambda that goes through a product's raw files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from containers import pipeline
from containers.contract import LambdaContract, Refusal
from containers.lambda_api import AwsWithLambda, running_aws_with_lambda


class RawFilesContract(LambdaContract):
    """Invoked with a product; what is to be loaded, it has `curated_load` load."""

    environment: ClassVar = {
        **pipeline.SETTINGS,
        "CURATED_LOAD_FUNCTION": "curated_load",
        "LANDING_TO_RAW_FUNCTION": "landing_to_raw",
    }
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
