"""Documents for property tests: a few targets, with circles, packages and exclusions among them."""

from __future__ import annotations

from hypothesis import strategies as st

from plinth.fingerprint.document import (
    APPLICATION,
    CONTAINER_TEST,
    IMAGE,
    TEST,
    Document,
    Entry,
)
from plinth.fingerprint.part import Part

SPECS = tuple("abcdef")
_specs = st.lists(st.sampled_from(SPECS), max_size=3, unique=True).map(tuple)
parts = st.builds(
    Part,
    kind=st.sampled_from(["file", "field"]),
    of=st.just(""),
    name=st.sampled_from(["one", "two"]),
    value=st.sampled_from(["1", "2"]),
)
_listed = st.lists(parts, max_size=2, unique=True).map(tuple)


def _entry(spec: str) -> st.SearchStrategy[Entry]:
    return st.builds(
        Entry,
        spec=st.just(spec),
        alias=st.just("target"),
        kind=st.sampled_from(["", APPLICATION, IMAGE, TEST, CONTAINER_TEST]),
        own=_listed,
        given=_listed,
        needs=_specs,
        takes=_specs,
        packages=_specs,
        excludes=st.lists(st.sampled_from(SPECS), max_size=1).map(tuple),
        makes=st.sampled_from(["", f"{spec}.tar"]),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    specs = draw(st.lists(st.sampled_from(SPECS), min_size=1, unique=True))
    entries = [draw(_entry(spec)) for spec in specs]
    # What is given as built is among what is taken.
    return Document(
        {
            each.spec: Entry(
                **{**vars(each), "takes": tuple(dict.fromkeys((*each.takes, *each.packages)))}
            )
            for each in entries
        }
    )
