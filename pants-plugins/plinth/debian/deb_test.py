from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.archive.tar import DIRECTORY, Entry
from plinth.debian.deb import Deb, read_deb
from plinth.debian.errors import DebError
from plinth.debian.testing.archive_fake import make_deb

DEB = make_deb("libc6", [Entry("lib/libc.so.6", mode=0o755, content=b"code")], "2.36-9")


@pytest.mark.parametrize("compressed", [True, False])
def test_a_package_is_read(tmp_path: Path, compressed: bool) -> None:
    entries = [Entry("lib/libc.so.6", mode=0o755, content=b"code")]
    path = tmp_path / "libc6.deb"
    path.write_bytes(make_deb("libc6", entries, "2.36-9", "Section: libs\n", compressed))

    assert read_deb(path) == Deb(
        name="libc6",
        version="2.36-9",
        control="Package: libc6\nVersion: 2.36-9\nArchitecture: all\nSection: libs\n",
        entries=(Entry("lib", DIRECTORY, 0o755), *entries),
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(0, len(DEB) - 1))
def test_a_file_cut_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.deb"
    path.write_bytes(DEB[:length])

    with pytest.raises(DebError, match="cut.deb"):
        read_deb(path)


@settings(deadline=None, max_examples=50)
@given(st.integers(8, len(DEB) - 1), st.integers(0, 255))
def test_a_damaged_file_is_refused_or_read_but_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.deb"
    path.write_bytes(DEB[:at] + bytes([byte]) + DEB[at + 1 :])

    with contextlib.suppress(DebError):
        read_deb(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a readable .deb"),
        (b"!<arch>\n", "no control.tar"),
        (DEB.replace(b"data.tar.xz ", b"data.tar.zst"), "holds data.tar.zst, and only"),
        (DEB.replace(b"control.tar.xz", b"content.tar.xz"), "no control.tar"),
        (make_deb("a").replace(b"control.tar.xz", b"data.tar.gz   "), "no control.tar"),
        (make_deb("a\nX: 1", version=""), "no Version"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.deb"
    path.write_bytes(data)

    with pytest.raises(DebError, match=message):
        read_deb(path)


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(DebError, match="none.deb is not a readable .deb"):
        read_deb(tmp_path / "none.deb")
