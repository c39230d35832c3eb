from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from plinth.release.errors import ReleaseError
from plinth.release.record import FORMAT, parse
from plinth.release.testing.releases import images, release_of


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    release = release_of("2026-11-22.1", images(tmp_path, a="code of a", b="code of b"))
    assert parse(release.dump(), "here") == release


def test_the_order_of_the_images_does_not_matter(tmp_path: Path) -> None:
    release = release_of("2026-11-22.1", images(tmp_path, a="code of a", b="code of b"))
    assert replace(release, images=tuple(reversed(release.images))).dump() == release.dump()


@pytest.mark.parametrize(
    "wrong",
    [
        {"commit": "No"},
        {"commit": "a" * 39},
        {"commit": ""},
        {"id": "No"},
        {"id": "2026-11-22"},
        {"previous": "2026-11-22.0"},
    ],
)
def test_an_id_of_another_form_makes_no_record(tmp_path: Path, wrong: dict[str, Any]) -> None:
    release = release_of("2026-11-22.1", images(tmp_path, a="code of a"))
    with pytest.raises(ValueError, match="is not the id of a"):
        replace(release, **wrong)
    document = {**json.loads(release.dump()), **wrong}
    with pytest.raises(ReleaseError, match="is no release record"):
        parse(json.dumps(document).encode(), "somewhere")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "images": [{}]}',
        json.dumps({"format": FORMAT + 1, "images": []}).encode(),
    ],
)
def test_anything_else_is_no_record(document: bytes) -> None:
    with pytest.raises(ReleaseError, match="^somewhere is no release record"):
        parse(document, "somewhere")


def test_the_schema_is_of_this_format(tmp_path: Path) -> None:
    schema = json.loads(Path("docs/release.schema.json").read_text())
    validate = fastjsonschema.compile(schema)
    document = json.loads(release_of("2026-11-22.1", images(tmp_path, a="code of a")).dump())
    validate(document)
    for part in (document, document["images"][0]):
        for name in list(part):
            value = part.pop(name)
            with pytest.raises(fastjsonschema.JsonSchemaException):
                validate(document)
            part[name] = value
