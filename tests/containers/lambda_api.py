"""A test's AWS whose Lambda takes every invocation, and runs none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from containers.aws import Aws, running_aws
from ingestion_testing.recorder import Recorder, recording


@dataclass(frozen=True)
class AwsWithLambda(Aws):
    """An AWS whose Lambda is elsewhere, and writes down what it is asked."""

    functions: Recorder

    @property
    def environment(self) -> dict[str, str]:
        """As of any AWS, and where Lambda is."""
        return {**super().environment, "AWS_ENDPOINT_URL_LAMBDA": self.functions.url}


@contextmanager
def running_aws_with_lambda() -> Iterator[AwsWithLambda]:
    """An empty AWS, and its Lambda, on ports of the loopback interface that the kernel chose."""
    with running_aws() as aws, recording(status=202) as functions:
        yield AwsWithLambda(aws.endpoint, functions)
