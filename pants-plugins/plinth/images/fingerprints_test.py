from __future__ import annotations

import json

import pytest

from plinth.images.errors import ImageError
from plinth.images.fingerprint import ImageFingerprint, Part, fingerprint
from plinth.images.fingerprints import differences, dump, parse
from plinth.images.testing.schema import problems


def image(address: str, **values: str) -> ImageFingerprint:
    parts = tuple(Part("file", "", name, value) for name, value in values.items())
    return ImageFingerprint(address, fingerprint(parts), parts)


ONE, OTHER = image("a:image", x="1"), image("b:image", x="1", y="1")


def test_a_document_is_as_its_schema_says_and_reads_back() -> None:
    text = dump([OTHER, ONE])

    assert problems(text, "fingerprints.schema.json") == []
    assert parse(text, "f.json") == (ONE, OTHER)
    assert dump([ONE, OTHER]) == text


@pytest.mark.parametrize("key", ["address", "fingerprint", "parts", "reasons"])
def test_the_schema_notices_what_is_missing(key: str) -> None:
    document = json.loads(dump([ONE]))
    del document["images"][0][key]

    assert problems(json.dumps(document), "fingerprints.schema.json")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it holds no fingerprints"),
        ("[]", "it holds no fingerprints"),
        ('{"format": 1, "images": [{}]}', "it holds no fingerprints"),
        ('{"format": 2}', "it has format 2, and this version of Plinth reads 1"),
    ],
)
def test_what_is_no_document_is_refused_with_what_to_do(text: str, why: str) -> None:
    with pytest.raises(ImageError, match=r"f\.json: .*--format=json") as error:
        parse(text, "f.json")
    assert why in str(error.value)


def test_differences_name_images_and_their_parts() -> None:
    changed = image("b:image", x="2", y="1")

    assert list(differences([ONE, OTHER], [ONE, OTHER])) == []
    assert list(differences([ONE, OTHER], [changed])) == [
        "a:image: removed",
        f"b:image: {OTHER.value} -> {changed.value}",
        "  file x: 1 -> 2",
    ]
    assert list(differences([OTHER], [ONE, OTHER])) == ["a:image: added"]
