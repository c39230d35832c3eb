from __future__ import annotations

import json

import pytest

from plinth.images.errors import ImageError
from plinth.images.tested import TestRecord, parse_record
from plinth.images.testing.schema import problems

DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
RECORD = TestRecord("a:image", DIGEST, "1" * 64, ("a:container_test",))


def test_a_record_is_as_its_schema_says_and_reads_back() -> None:
    assert problems(RECORD.dump(), "tested.schema.json") == []
    assert parse_record(RECORD.dump(), "r.json") == RECORD


@pytest.mark.parametrize("key", ["address", "digest", "fingerprint", "tests"])
def test_a_record_that_lacks_something_is_none(key: str) -> None:
    document = json.loads(RECORD.dump())
    del document[key]
    text = json.dumps(document)

    assert problems(text, "tested.schema.json") == [f"$: {key} is missing"]
    with pytest.raises(ImageError, match=r"r\.json: it is no record .*`\./pants tested`"):
        parse_record(text, "r.json")


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": 1, "address": 1}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ImageError, match="it is no record of tests"):
        parse_record(text, "r.json")


def test_a_record_of_another_version_is_refused() -> None:
    with pytest.raises(ImageError, match="it has format 2, and this version of Plinth reads 1"):
        parse_record('{"format": 2}', "r.json")


def test_a_record_holds_for_its_digest() -> None:
    assert RECORD.problem("a:image", DIGEST, "1" * 64) == ""
    # The bytes were tested, whatever moved beside them.
    assert RECORD.problem("a:image", DIGEST, "2" * 64) == ""


def test_a_record_holds_for_no_other_image() -> None:
    assert "b:image" not in RECORD.problem("a:image", DIGEST, "1" * 64)
    assert RECORD.problem("b:image", DIGEST, "1" * 64) == "its record is one of a:image"
    assert "not reproducible" in RECORD.problem("a:image", OTHER, "1" * 64)
    assert "made of other inputs" in RECORD.problem("a:image", OTHER, "2" * 64)
