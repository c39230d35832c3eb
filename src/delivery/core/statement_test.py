"""What is signed fits one record, and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery.core import statement
from delivery.core.errors import RecordError, SignatureError
from delivery.core.record import Record, parse

DOCUMENT: dict[str, Any] = {
    "format": 2,
    "id": "2026-11-23.1",
    "commit": "c" * 40,
    "time": "2026-11-23T10:00:00Z",
    "images": [
        {
            "repository": "lambdas/docs",
            "address": "lambdas/docs:image",
            "name": "docs",
            "digest": f"sha256:{'a' * 64}",
        }
    ],
    "runtime": {"3rdparty/debian/lock.json": "d" * 64},
    "locks": {"requirements.txt": "e" * 64},
    "toolchain": {},
}


def record(**changed: Any) -> Record:
    return parse(json.dumps({**DOCUMENT, **changed}).encode(), "here")


def test_a_statement_names_the_record_the_images_and_what_they_are_made_of() -> None:
    made = record()
    document = json.loads(statement.statement(made, "main", "urn:job"))
    assert [each["name"] for each in document["subject"]] == ["release.json", "lambdas/docs"]
    definition = document["predicate"]["buildDefinition"]
    materials = {each["uri"]: each["digest"] for each in definition["resolvedDependencies"]}
    assert materials["git"] == {"gitCommit": "c" * 40}
    assert materials["requirements.txt"] == {"sha256": "e" * 64}
    statement.check(statement.statement(made, "main", "urn:job"), made)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"id": "2026-11-23.2"}, "made for the release 2026-11-23.2"),
        ({"commit": "f" * 40}, "is of commit"),
        ({"time": "2026-11-23T11:00:00Z"}, "release.json is"),
        ({"images": []}, "lambdas/docs is"),
    ],
)
def test_a_statement_of_another_record_is_refused(changed: dict[str, Any], says: str) -> None:
    other = statement.statement(record(**changed), "main", "urn:job")
    with pytest.raises(SignatureError, match=says):
        statement.check(other, record())


@pytest.mark.parametrize("payload", [b"no json", b"{}", b"[]"])
def test_what_is_no_statement_is_refused(payload: bytes) -> None:
    with pytest.raises(SignatureError):
        statement.check(payload, record())


@pytest.mark.parametrize(
    "changed", [{"format": 1}, {"commit": "main"}, {"images": [{"name": "docs"}]}, {"id": "../x"}]
)
def test_what_is_no_record_is_refused_with_its_place(changed: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="here is no release record"):
        record(**changed)
