from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from plinth.affected.compare import Comparison
from plinth.fingerprint.document import (
    APPLICATION,
    CONTAINER_TEST,
    IMAGE,
    TEST,
    UNKNOWN,
    Document,
    Entry,
)
from plinth.fingerprint.part import Part
from plinth.fingerprint.strategies import documents

entry_of_nothing = Entry("")


@settings(deadline=None)
@given(documents(), documents())
def test_affected_is_exactly_what_has_another_fingerprint_or_is_new(
    before: Document, after: Document
) -> None:
    expected = {
        entry.spec
        for entry in after.of_kind(IMAGE, APPLICATION, TEST, CONTAINER_TEST)
        if not before.entries.get(entry.spec, entry_of_nothing).kind
        or (before.entries[entry.spec].kind == IMAGE) != (entry.kind == IMAGE)
        or before.fingerprint(entry.spec) != after.fingerprint(entry.spec)
    }
    assert set(Comparison(before, after).affected) == expected


@settings(deadline=None)
@given(documents())
def test_nothing_is_affected_by_nothing(document: Document) -> None:
    assert Comparison(document, Document(dict(document.entries))).affected == ()


def test_what_cannot_be_told_counts_as_another_though_it_says_the_same() -> None:
    doubt = Part(UNKNOWN, "", "code", "an import that nobody provides")
    code = Entry("code", given=(doubt,))
    run = Entry("run", kind=TEST, needs=("code",))
    image = Entry("image", kind=IMAGE, own=(doubt,))
    other = Entry("other", kind=TEST)
    document = Document({each.spec: each for each in (code, run, image, other)})
    assert Comparison(document, document).affected == ("image", "run")


def test_what_can_be_told_again_counts_as_another() -> None:
    doubt = Part(UNKNOWN, "", "code", "an import that nobody provides")
    run = Entry("run", kind=TEST, needs=("code",))
    before = Document({"code": Entry("code", given=(doubt,)), "run": run})
    after = Document({"code": Entry("code"), "run": replace(run)})
    assert Comparison(before, after).affected == ("run",)
