from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ingestion import aws
from ingestion_testing import aws_limits


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
