"""The ingestion pipeline's buckets in a test's AWS, and the library on the same AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from containers.aws import REGION, Aws
from ingestion import aws as library
from ingestion_testing.fixtures import DATA, LANDING, METADATA

SETTINGS = {"LANDING_BUCKET": LANDING, "DATA_BUCKET": DATA, "METADATA_BUCKET": METADATA}
"""The environment of a lambda of the pipeline."""


@contextmanager
def buckets(aws: Aws) -> Iterator[Any]:
    """An S3 client. Within the block the pipeline's buckets are there, for the library too.

    So a test stores products and schemas by the code that the lambdas read them with.
    """
    client = aws.client("s3")
    for bucket in SETTINGS.values():
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**aws.environment, **SETTINGS}.items():
            patch.setenv(name, value)
        library.client.cache_clear()
        yield client
    library.client.cache_clear()
