from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.images.fingerprint import (
    ImageFingerprint,
    Part,
    changes,
    fingerprint,
    of_unlocked,
)

texts = st.text(max_size=3)
parts = st.builds(Part, texts, texts, texts, texts)
documents = st.lists(parts, max_size=6, unique_by=lambda part: part.key)

BASE = Part("base", "", "", "scratch")
FILE = Part("file", "", "a", "0644 sha256:00")


def test_the_hash_is_of_the_canonical_document() -> None:
    """The recipe, for whoever computes a fingerprint without this code."""
    document = '{"format":1,"parts":[["base","","","scratch"],["file","","a","0644 sha256:00"]]}'

    assert fingerprint([FILE, BASE]) == hashlib.sha256(document.encode()).hexdigest()
    assert fingerprint([]) == hashlib.sha256(b'{"format":1,"parts":[]}').hexdigest()


@given(documents, st.randoms())
def test_the_order_of_the_parts_does_not_matter(document: list[Part], random: object) -> None:
    shuffled = list(document)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fingerprint(shuffled) == fingerprint(document)


@given(documents, documents)
def test_equal_fingerprints_are_of_equal_parts(one: list[Part], other: list[Part]) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (set(one) == set(other))


@given(documents, documents)
def test_changes_are_named_exactly_where_fingerprints_differ(
    one: list[Part], other: list[Part]
) -> None:
    found = list(changes(one, other))
    assert bool(found) == (fingerprint(one) != fingerprint(other))
    assert len(found) == len({part.key for part in set(one) ^ set(other)})


def test_two_values_of_one_part_are_refused() -> None:
    with pytest.raises(ValueError, match="two parts are file a: x and y"):
        fingerprint([FILE._replace(value="y"), BASE, FILE._replace(value="x")])


def test_changes_as_people_read_them() -> None:
    other = Part("source", "code.tar", "a.py", "0644 sha256:11")
    before, after = [BASE, FILE], [BASE._replace(value="fingerprint 11"), other]

    assert [str(change) for change in changes(before, after)] == [
        "base: scratch -> fingerprint 11",
        "file a: removed, 0644 sha256:00",
        "source code.tar a.py: added, 0644 sha256:11",
    ]


def test_an_unlocked_image_has_a_fingerprint_of_its_own() -> None:
    value = fingerprint([BASE])
    one, other = "libc6 2 (locked 1)", "perl 2 (locked 1)"

    assert of_unlocked(value, ()) == value
    assert of_unlocked(value, (one, other)) == of_unlocked(value, (other, one))
    assert len({value, of_unlocked(value, (one,)), of_unlocked(value, (one, other))}) == 3


def test_json_and_back() -> None:
    image = ImageFingerprint("a:b", fingerprint([BASE]), (BASE,), "base:image", ("why",), True)

    assert ImageFingerprint.from_json(image.to_json()) == image
    assert image.to_json()["reproducible"] is False
