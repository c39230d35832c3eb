from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.archive.tar import (
    DIRECTORY,
    HARDLINK,
    SYMLINK,
    Entry,
    TarError,
    at_epoch,
    in_order,
    normalise,
    read_tar,
    tree_entries,
    with_parents,
    write_tar,
)

NAMES = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=60
)
PATHS = st.lists(NAMES.filter(lambda n: n not in (".", "..")), min_size=1, max_size=4).map("/".join)


def written(*entries: Entry) -> bytes:
    out = io.BytesIO()
    write_tar(entries, out)
    return out.getvalue()


@given(
    st.dictionaries(PATHS, st.binary(max_size=600), max_size=8),
    st.sampled_from([0o644, 0o755, 0o4755]),
    st.randoms(use_true_random=False),
)
def test_what_is_written_is_read_back_whatever_the_order(
    files: dict[str, bytes], mode: int, random: Random
) -> None:
    entries = [Entry(path, mode=mode, content=content) for path, content in files.items()]
    shuffled = random.sample(entries, len(entries))

    assert written(*shuffled) == written(*entries)
    assert list(read_tar(io.BytesIO(written(*entries)))) == in_order(entries)


@given(st.text(max_size=30))
def test_a_normalised_path_never_leaves_the_root(text: str) -> None:
    clean = normalise(text)

    assert not clean.startswith("/")
    assert ".." not in clean.split("/")
    assert normalise(clean) == clean


def test_every_kind_of_entry_survives() -> None:
    entries = (
        Entry("bin", SYMLINK, 0o777, target="usr/bin"),
        Entry("usr", DIRECTORY, 0o755, uid=3, gid=4, mtime=7),
        Entry("usr/a", content=b"a", pax={"SCHILY.xattr.user.k": "v"}),
        Entry("usr/b", HARDLINK, target="usr/a"),
        Entry("usr/null", "character device", 0o666, device=(1, 3)),
    )

    assert sorted(read_tar(io.BytesIO(written(*entries))), key=lambda e: e.path) == list(entries)


def test_a_hard_link_stands_after_the_file_it_names() -> None:
    assert [e.path for e in in_order([Entry("a", HARDLINK, target="z"), Entry("z")])] == ["z", "a"]


def test_a_directory_stands_before_what_sorts_between_its_name_and_its_slash() -> None:
    paths = ["a", "a/b", "a-b"]

    assert [e.path for e in in_order(Entry(p, DIRECTORY) for p in reversed(paths))] == paths


def test_two_entries_at_one_path_are_refused() -> None:
    with pytest.raises(TarError, match="two entries at one path: a/b"):
        written(Entry("a/b"), Entry("a/b", content=b"x"))


def test_a_cut_file_is_no_tar() -> None:
    whole = written(Entry("a", content=b"x" * 5000))

    with pytest.raises(TarError, match="not a readable tar"):
        list(read_tar(io.BytesIO(whole[:1500])))


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, bz2.compress])
def test_a_damaged_compressed_file_is_no_tar(compress: Callable[[bytes], bytes]) -> None:
    digits = "".join(Random(0).choices("0123456789", k=100_000)).encode()
    packed = compress(written(Entry("a", content=digits)))
    middle = len(packed) // 2

    with pytest.raises(TarError, match="not a readable tar"):
        list(read_tar(io.BytesIO(packed[:middle] + b"\xff" * 100 + packed[middle + 100 :])))


def test_missing_parents_are_added_once() -> None:
    got = with_parents([Entry("a/b/c"), Entry("a/b", DIRECTORY, 0o700)])

    assert [(e.path, e.mode) for e in got] == [("a", 0o755), ("a/b", 0o700), ("a/b/c", 0o644)]


def test_a_tree_keeps_the_execute_bit_and_nothing_else_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o700)
    (tmp_path / "d/run").write_bytes(b"#!")
    (tmp_path / "d/run").chmod(0o700)
    (tmp_path / "plain").write_bytes(b"")
    (tmp_path / "plain").chmod(0o600)
    (tmp_path / "link").symlink_to("d/run")
    os.utime(tmp_path / "plain", (1, 1))

    got = [(e.path, e.kind, e.mode, e.target, e.mtime) for e in tree_entries(tmp_path, "/opt/")]

    assert got == [
        ("opt/d", DIRECTORY, 0o755, "", 0),
        ("opt/d/run", "file", 0o755, "", 0),
        ("opt/link", SYMLINK, 0o777, "d/run", 0),
        ("opt/plain", "file", 0o644, "", 0),
    ]


def test_the_tar_is_read_by_others_and_holds_no_user_name() -> None:
    with tarfile.open(fileobj=io.BytesIO(written(Entry("é" * 120, content=b"x")))) as tar:
        (info,) = tar.getmembers()

    assert (info.name, info.uname, info.gname, info.mtime) == ("é" * 120, "", "", 0)


def test_at_epoch_clears_times() -> None:
    assert [e.mtime for e in at_epoch([Entry("a", mtime=9)])] == [0]


def test_golden_digest_of_a_small_tar() -> None:
    """Changed only together with the layer format: every image's digest moves with it."""
    tar = written(
        Entry("a", DIRECTORY, 0o755),
        Entry("a/f", content=b"hello\n"),
        Entry("l", SYMLINK, 0o777, target="a"),
    )

    assert (
        hashlib.sha256(tar).hexdigest()
        == "1b1d34528632d97eead7befc77e07d0f347597fbf8d1d8cfb617cc6ff7164937"
    )
