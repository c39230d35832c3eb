from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plinth.archive.tar import (
    DIRECTORY,
    SYMLINK,
    Entry,
    TarError,
    with_parents,
    write_tar,
)
from plinth.layers.runtime import extract, main

ROOT = (
    Entry("usr/bin/python3.11", mode=0o755, content=b"python"),
    Entry("usr/bin/perl", mode=0o755, content=b"perl"),
    Entry("lib", SYMLINK, target="usr/lib"),
    Entry("lib64", SYMLINK, target="usr/lib64"),
    Entry(
        "usr/lib64/ld-linux-x86-64.so.2",
        SYMLINK,
        target="/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    ),
    Entry("usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", mode=0o755, content=b"ld"),
    Entry("usr/lib/x86_64-linux-gnu/libc.so.6", content=b"libc"),
    Entry("usr/lib/x86_64-linux-gnu/libz.so.1", SYMLINK, target="libz.so.1.2.13"),
    Entry("usr/lib/x86_64-linux-gnu/libz.so.1.2.13", content=b"libz"),
    Entry("usr/lib/x86_64-linux-gnu/libcrypto.so.3", content=b"crypto"),
    Entry("usr/lib/python3.11/os.py", content=b"os"),
    Entry("usr/lib/python3.11/__pycache__/os.cpython-311.pyc", content=b"os"),
    Entry("usr/lib/python3.11/encodings/utf_8.py", content=b"utf_8"),
    Entry("usr/lib/python3.11/encodings/__pycache__/utf_8.cpython-311.pyc", content=b"utf_8"),
    Entry("usr/lib/python3.11/asyncio/base.py", content=b"asyncio"),
    Entry("usr/lib/python3.11/asyncio/__pycache__/base.cpython-311.pyc", content=b"asyncio"),
    Entry("usr/lib/python3.11/lib-dynload/_ssl.so", content=b"_ssl"),
    Entry("etc/passwd", content=b"root"),
    Entry("tmp", DIRECTORY, mode=0o1777),
)


def tar_of(path: Path, *entries: Entry) -> Path:
    with path.open("wb") as out:
        write_tar(with_parents(entries), out)
    return path


def test_only_what_starts_the_interpreter_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([str(tar_of(tmp_path / "root.tar", *ROOT)), str(out)]) == 0
    found = (each for each in out.rglob("*") if each.is_symlink() or not each.is_dir())
    assert sorted(each.relative_to(out).as_posix() for each in found) == [
        "lib",
        "lib64",
        "usr/bin/python3.11",
        "usr/lib/python3.11/__pycache__/os.cpython-311.pyc",
        "usr/lib/python3.11/encodings/__pycache__/utf_8.cpython-311.pyc",
        "usr/lib/python3.11/encodings/utf_8.py",
        "usr/lib/python3.11/os.py",
        "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "usr/lib/x86_64-linux-gnu/libc.so.6",
        "usr/lib/x86_64-linux-gnu/libz.so.1",
        "usr/lib/x86_64-linux-gnu/libz.so.1.2.13",
        "usr/lib64/ld-linux-x86-64.so.2",
    ]


def test_links_and_modes_survive(tmp_path: Path) -> None:
    root = tmp_path / "root"
    extract(ROOT, root)
    assert stat.S_IMODE((root / "usr/bin/python3.11").stat().st_mode) == 0o755
    assert (root / "lib/x86_64-linux-gnu/libz.so.1").read_bytes() == b"libz"


def test_a_link_from_the_root_stays_in_the_folder(tmp_path: Path) -> None:
    extract(ROOT, tmp_path / "root")
    assert (tmp_path / "root/lib64/ld-linux-x86-64.so.2").read_bytes() == b"ld"


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    extract([Entry("out", SYMLINK, target="..")], tmp_path / "root")
    with pytest.raises(TarError, match="leads out of the root"):
        extract([Entry("out/file")], tmp_path / "root")
    assert not (tmp_path / "file").exists()
