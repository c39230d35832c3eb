from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from plinth.archive.tar import (
    DIRECTORY,
    HARDLINK,
    SYMLINK,
    Entry,
    TarError,
    at_epoch,
    begins_as_tar,
    in_order,
    normalise,
    read_tar,
    read_tar_file,
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


TWO = (Entry("a", content=b"1"), Entry("b", content=b"2"))
SECOND_HEADER = 1024


def damaged(how: str) -> bytes:
    """A tar of `TWO` whose second entry cannot be read."""
    whole = written(*TWO)
    at = SECOND_HEADER
    return {
        "checksum": whole[: at + 148] + b"0000000\0" + whole[at + 156 :],
        "cut header": whole[: at + 100],
        "cut content": whole[: at + 512],
        "one block of zeros": whole[:at] + bytes(512) + whole[at:],
        "cut after a block of zeros": whole[:at] + bytes(512) + whole[at : at + 100],
    }[how]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize(
    "how",
    ["checksum", "cut header", "cut content", "one block of zeros", "cut after a block of zeros"],
)
def test_a_damaged_second_entry_is_not_taken_for_the_end(
    tmp_path: Path, how: str, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "t").write_bytes(compress(damaged(how)))

    with (tmp_path / "t").open("rb") as source, pytest.raises(TarError, match="not a readable tar"):
        list(read_tar(source))
    with pytest.raises(TarError, match="not a readable tar"):
        list(read_tar_file(tmp_path / "t", tmp_path))


def test_an_end_may_be_missing_or_be_followed_by_anything(tmp_path: Path) -> None:
    whole = written(*TWO)
    for content in (whole[:2048], whole[:2048] + bytes(1024) + b"more"):
        (tmp_path / "t").write_bytes(content)
        assert [e.read() for e in read_tar_file(tmp_path / "t", tmp_path)] == [b"1", b"2"]
        assert list(read_tar(io.BytesIO(content))) == list(TWO)


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress]
)
def test_a_tar_file_is_read_as_a_tar(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    entries = [*TWO, Entry("big", content=b"x" * 3_000_000), Entry("l", HARDLINK, target="a")]
    (tmp_path / "t").write_bytes(compress(written(*entries)))

    assert begins_as_tar(tmp_path / "t")
    found = list(read_tar_file(tmp_path / "t", tmp_path))
    assert [(e.path, e.read()) for e in found] == [(e.path, e.read()) for e in in_order(entries)]
    with (tmp_path / "t").open("rb") as source:
        assert list(read_tar(source)) == in_order(entries)


def test_several_frames_of_zstd_are_one_file() -> None:
    whole = written(*TWO)
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    packed = zstandard.compress(whole[:700]) + skipped + zstandard.compress(whole[700:])

    assert list(read_tar(io.BytesIO(packed))) == list(TWO)
    assert list(read_tar(io.BytesIO(skipped + packed))) == list(TWO)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0" * 1024, b"text" * 300, b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0"),
        *(b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\0\xff\xff\xff"),
        *(gzip.compress(b"text"), lzma.compress(written(*TWO), format=lzma.FORMAT_ALONE)),
    ],
)
def test_what_does_not_begin_as_a_tar(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t").write_bytes(content)

    assert not begins_as_tar(tmp_path / "t")


def test_what_a_global_header_says_is_no_entry_s_own() -> None:
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"mtime": "99", "uid": "7"}
    ) as tar:
        own = tarfile.TarInfo("own")
        own.pax_headers = {"mtime": "5.5"}
        tar.addfile(own)
        tar.addfile(tarfile.TarInfo("plain"))

    found = list(read_tar(io.BytesIO(out.getvalue())))
    assert [(e.path, e.mtime, e.uid) for e in found] == [("own", 5, 0), ("plain", 0, 0)]


@given(
    st.sampled_from([bytes, gzip.compress, zstandard.compress]),
    st.lists(st.tuples(st.integers(0, 3999), st.integers(0, 255)), max_size=6),
    st.integers(0, 4000),
)
def test_whatever_is_damaged_is_an_error_or_read(
    compress: Callable[[bytes], bytes], changes: list[tuple[int, int]], end: int
) -> None:
    pax = {"SCHILY.xattr.user.k": "v", "mtime": "3"}
    content = bytearray(compress(written(Entry("a" * 120, content=b"1", pax=pax), *TWO)))
    for at, value in changes:
        if at < len(content):
            content[at] = value
    with suppress(TarError):
        list(read_tar(io.BytesIO(bytes(content[:end]))))


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
