from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.fingerprint.document import Document, Entry
from plinth.fingerprint.part import Part
from plinth.fingerprint.strategies import documents
from plinth.fingerprint.wire import NotADocument, dump, load


@given(documents())
def test_what_is_read_is_what_was_written(document: Document) -> None:
    assert load(dump(document)).entries == document.entries


def test_names_that_are_no_utf8_survive() -> None:
    odd = Entry("a", given=(Part("file", "", "\udcff.py", "1"),))
    assert load(dump(Document({"a": odd}))).entries == {"a": odd}


@given(documents(), st.data())
def test_a_byte_that_differs_is_noticed(document: Document, data: st.DataObject) -> None:
    content = bytearray(dump(document))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with suppress(NotADocument):
        assert load(bytes(content)).entries == document.entries


@given(documents(), st.data())
def test_a_document_that_was_cut_is_none(document: Document, data: st.DataObject) -> None:
    content = dump(document)
    with pytest.raises(NotADocument):
        load(content[: data.draw(st.integers(0, len(content) - 1))])


def test_thousands_of_targets_that_share_their_parts_are_small() -> None:
    shared = tuple(Part("package", "", f"package-{n}", f"1.{n} sha256:{n:064}") for n in range(100))
    entries = {
        f"{n}": Entry(f"{n}", given=(*shared, Part("file", "", f"{n}.py", f"{n:064}")))
        for n in range(3000)
    }
    assert len(dump(Document(entries))) < 1_000_000
