from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.archive.tar import SYMLINK, Entry, with_parents
from plinth.debian.elf import Elf, check_links, read_elf
from plinth.debian.errors import RootError
from plinth.debian.testing.elf_fake import make_elf
from plinth.debian.tree import Tree

LIB = "usr/lib/x86_64-linux-gnu"
LOADER = "/lib64/ld-linux-x86-64.so.2"


def tree(*entries: Entry) -> Tree:
    merged = [Entry("lib", SYMLINK, target="usr/lib"), Entry("lib64", SYMLINK, target="usr/lib64")]
    return {entry.path: entry for entry in with_parents([*entries, *merged])}


def test_what_a_file_needs_is_read() -> None:
    data = make_elf("libc.so.6", "libm.so.6", runpath="$ORIGIN/a:/opt/b", interpreter=LOADER)

    assert read_elf(data) == Elf(62, ("libc.so.6", "libm.so.6"), ("$ORIGIN/a", "/opt/b"), LOADER)


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01", b"\x7fELF\x02\x02"])
def test_anything_else_is_none_of_ours(data: bytes) -> None:
    assert read_elf(data) is None


@settings(deadline=None, max_examples=1000)
@given(st.data())
def test_a_broken_file_is_an_error_or_read_but_never_more(data: st.DataObject) -> None:
    elf = bytearray(make_elf("libc.so.6"))
    for at in data.draw(st.lists(st.integers(6, len(elf) - 1), max_size=3)):
        elf[at] = data.draw(st.sampled_from([0, 1, 127, 255]))
    end = data.draw(st.integers(6, len(elf)))

    with contextlib.suppress(ValueError):
        read_elf(bytes(elf[:end]))


@pytest.mark.parametrize(
    "entries",
    [
        (Entry(f"{LIB}/libz.so.1", content=b""),),
        (Entry("usr/lib/libz.so.1", content=b""),),
        (Entry("usr/bin/private/libz.so.1", content=b""),),
        (
            Entry(f"{LIB}/libz.so.1", SYMLINK, target="libz.so.1.2"),
            Entry(f"{LIB}/libz.so.1.2", content=b""),
        ),
    ],
)
def test_a_library_is_found_where_the_loader_looks(entries: tuple[Entry, ...]) -> None:
    program = Entry("usr/bin/a", content=make_elf("libz.so.1", runpath="$ORIGIN/private"))

    check_links(tree(program, *entries))


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (Entry("opt/libz.so.1", content=b""),),
        (Entry(f"{LIB}/libz.so.1", SYMLINK, target="libz.so.1.2"),),
        (Entry(f"{LIB}/libz.so.1", SYMLINK, target="libz.so.1"),),
    ],
)
def test_a_library_that_would_not_be_found_is_named(entries: tuple[Entry, ...]) -> None:
    with pytest.raises(RootError, match=r"/usr/bin/a needs libz.so.1\n"):
        check_links(tree(Entry("usr/bin/a", content=make_elf("libz.so.1")), *entries))


def test_a_program_needs_its_loader() -> None:
    program = Entry("usr/bin/a", content=make_elf(interpreter=LOADER))

    with pytest.raises(RootError, match=f"/usr/bin/a needs {LOADER}"):
        check_links(tree(program))
    check_links(tree(program, Entry("usr/lib64/ld-linux-x86-64.so.2", content=b"")))


def test_files_for_other_processors_are_left_alone() -> None:
    check_links(tree(Entry("usr/share/firmware", content=make_elf("libz.so.1", machine=8))))
