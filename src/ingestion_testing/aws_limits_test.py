from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import FakeKey

from ingestion import aws
from ingestion_testing import aws_limits
from ingestion_testing.fixtures import DATA


@pytest.mark.parametrize(
    ("database", "refusal"),
    [
        ({"Name": "x" * 256}, "DatabaseInput.Name must be at most 255"),
        ({"Name": "a\nb"}, "DatabaseInput.Name must match"),
        ({"Name": "a", "Description": "x" * 2049}, "Description must be at most 2048"),
    ],
)
def test_an_aws_of_a_test_refuses_what_aws_refuses(
    database: dict[str, Any], refusal: str, s3: Any
) -> None:
    with pytest.raises(ClientError, match=refusal) as refused:
        aws.client("glue").create_database(DatabaseInput=database)
    assert aws.error_code(refused.value) == "ValidationException"
    assert aws.client("glue").get_databases()["DatabaseList"] == []


def _put(s3: Any, key: str = "x", **more: Any) -> None:
    s3.put_object(Bucket=DATA, Key=key, Body=b"", **more)


def _delete(s3: Any, count: int) -> None:
    s3.delete_objects(Bucket=DATA, Delete={"Objects": [{"Key": f"{n}"} for n in range(count)]})


def _copy_of(s3: Any, size: int) -> None:
    _put(s3, "large")
    with patch.object(FakeKey, "size", size):
        s3.copy_object(Bucket=DATA, Key="copy", CopySource={"Bucket": DATA, "Key": "large"})


@pytest.mark.parametrize(
    ("code", "within", "beyond"),
    [
        ("KeyTooLongError", lambda s3: _put(s3, "ü" * 512), lambda s3: _put(s3, "ü" * 513)),
        (
            "MetadataTooLarge",
            lambda s3: _put(s3, Metadata={"a": "x" * 2047}),
            lambda s3: _put(s3, Metadata={"a": "x" * 2048}),
        ),
        ("MalformedXML", lambda s3: _delete(s3, 1000), lambda s3: _delete(s3, 1001)),
        (
            "InvalidRequest",
            lambda s3: _copy_of(s3, 5 * 1024**3),
            lambda s3: _copy_of(s3, 5 * 1024**3 + 1),
        ),
    ],
)
def test_s3_refuses_what_is_beyond_its_limits(
    code: str, within: Callable[[Any], None], beyond: Callable[[Any], None], s3: Any
) -> None:
    within(s3)
    with pytest.raises(ClientError) as refused:
        beyond(s3)
    assert aws.error_code(refused.value) == code


def test_all_characters_of_unicode_are_letters_of_its_patterns() -> None:
    request = {"DatabaseInput": {"Name": "\U0001f600"}}
    assert aws_limits.refusals("glue", "CreateDatabase", request) == ()


def test_lists_and_maps_are_looked_into() -> None:
    wanted = [{"Values": [""]}] * 26
    found = aws_limits.refusals("glue", "BatchDeletePartition", {"PartitionsToDelete": wanted})
    assert "at most 25" in found[0]
    assert len(found) == 27
    table = {"Name": "t", "Parameters": {"": "x"}}
    (key,) = aws_limits.refusals("glue", "CreateTable", {"TableInput": table})
    assert "key must be at least 1" in key
