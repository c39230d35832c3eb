from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import (
    MANIFEST,
    Descriptor,
    canonical_json,
    digest_of,
    is_digest,
    read_json,
)

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_the_digest_of_known_bytes() -> None:
    assert digest_of(b"hello") == HELLO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        "sha256:",
        HELLO.upper(),
        HELLO[:-1],
        HELLO + "0",
        HELLO + "\n",
        "sha512:" + "0" * 64,
    ],
)
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)


def test_canonical_json_has_one_text() -> None:
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()


@given(json_values)
def test_canonical_json_is_json(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(), json_values))
def test_canonical_json_does_not_depend_on_insertion_order(value: dict[str, object]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_json_has_no_infinity() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("inf")})


@given(st.binary(), st.dictionaries(st.text(), st.text()))
def test_a_descriptor_survives_its_document(data: bytes, annotations: dict[str, str]) -> None:
    descriptor = Descriptor.of(MANIFEST, data, annotations)
    assert descriptor.digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert (
        Descriptor.from_json(json.loads(canonical_json(descriptor.to_json())), "it") == descriptor
    )


def test_a_descriptor_without_annotations_writes_none() -> None:
    assert Descriptor.of("text/plain", b"hello").to_json() == {
        "mediaType": "text/plain",
        "digest": HELLO,
        "size": 5,
    }


def test_annotations_are_read_by_name() -> None:
    descriptor = Descriptor.of("text/plain", b"", {"a": "1"})
    assert (descriptor.annotation("a"), descriptor.annotation("b")) == ("1", None)


GOOD = {"mediaType": "text/plain", "digest": HELLO, "size": 5}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {**GOOD, "mediaType": 1},
        {**GOOD, "digest": "latest"},
        {**GOOD, "digest": 5},
        {**GOOD, "size": -1},
        {**GOOD, "size": "5"},
        {**GOOD, "size": True},
        {**GOOD, "annotations": []},
        {**GOOD, "annotations": {"a": 1}},
    ],
)
def test_a_bad_descriptor_is_an_error_that_names_it(value: object) -> None:
    with pytest.raises(OciError, match="^layer 3 of base "):
        Descriptor.from_json(value, "layer 3 of base")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff"])
def test_a_document_that_is_no_object_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(OciError, match="^index.json "):
        read_json(data, "index.json")
