from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plinth.archive.tar import DIRECTORY, SYMLINK, Entry, read_tar
from plinth.debian.testing.archive_fake import make_deb
from plinth.debian.testing.elf_fake import make_elf
from plinth.debian.unpack import main

PACKAGES = {
    "base-files": make_deb(
        "base-files",
        [
            Entry("lib", DIRECTORY, 0o755),
            Entry("tmp", DIRECTORY, 0o1777, mtime=1_700_000_000),
            Entry("usr/lib/os-release", content=b"ID=debian\n", mtime=1_700_000_000),
            Entry("etc/os-release", SYMLINK, 0o777, target="../usr/lib/os-release"),
        ],
        "12.4",
    ),
    "libc6": make_deb(
        "libc6",
        [
            Entry("lib/x86_64-linux-gnu/libc.so.6", mode=0o755, content=make_elf()),
            Entry("lib64/ld-linux-x86-64.so.2", SYMLINK, 0o777, target="/lib/ld.so"),
            Entry("lib/ld.so", mode=0o755, content=make_elf()),
            Entry("usr/share/doc/libc6/copyright", content=b"LGPL"),
            Entry("usr/share/doc/libc6/changelog.gz", content=b"long"),
        ],
        "2.36-9",
        "Depends: libgcc-s1\n",
    ),
    "tool": make_deb(
        "tool",
        [
            Entry(
                "bin/tool",
                mode=0o4755,
                content=make_elf("libc.so.6", interpreter="/lib64/ld-linux-x86-64.so.2"),
            ),
            Entry("usr/lib/extra/file", content=b"1"),
        ],
    ),
}
# Made by the recipe above. It changes when what Plinth puts into every root changes, and then every
# image gets another digest: that is to be a decision.
GOLDEN = "0f089afbb183f00daaa50188d6f2cc260d04fc1ab2ebc63ed4a232fef2493870"


@pytest.fixture
def debs(tmp_path: Path) -> list[str]:
    for name, content in PACKAGES.items():
        (tmp_path / f"{name}.deb").write_bytes(content)
    return [str(tmp_path / f"{name}.deb") for name in PACKAGES]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_packages_give_this_tar(debs: list[str], tmp_path: Path) -> None:
    out = tmp_path / "root.tar"

    assert main(["--out", str(out), "--deb", *debs]) == 0
    assert sha256(out) == GOLDEN


@pytest.mark.parametrize(
    ("umask", "environment", "reverse"),
    [
        (0o077, {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "1"}, True),
        (0o000, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}, False),
    ],
)
def test_the_machine_has_no_part_in_it(
    debs: list[str], tmp_path: Path, umask: int, environment: dict[str, str], reverse: bool
) -> None:
    out = tmp_path / "root.tar"
    before = os.umask(umask)
    try:
        subprocess.run(
            (
                *(sys.executable, "-m", "plinth.debian.unpack", "--out", str(out)),
                *("--deb", *(reversed(debs) if reverse else debs)),
            ),
            env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            timeout=60,
        )
    finally:
        os.umask(before)

    assert sha256(out) == GOLDEN


def test_every_entry_is_roots_and_of_the_epoch_and_nothing_is_setuid(
    debs: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "root.tar"
    main(["--out", str(out), "--deb", *debs])

    with out.open("rb") as source:
        entries = list(read_tar(source))
    assert {(e.uid, e.gid, e.mtime) for e in entries} == {(0, 0, 0)}
    assert not [e.path for e in entries if e.mode & 0o6000]
    assert [e.path for e in entries] == sorted(
        (e.path for e in entries), key=lambda path: path.split("/")
    )


def run(debs: list[str], tmp_path: Path, *more: str) -> int:
    return main(["--out", str(tmp_path / "root.tar"), "--deb", *debs, *more])


def test_leaving_out_a_library_that_is_needed_is_an_error(
    debs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(debs, tmp_path, "--exclude", "usr/lib/x86_64-linux-gnu/libc.so.6") == 1
    assert "/usr/bin/tool needs libc.so.6" in capsys.readouterr().err
    assert run(debs, tmp_path, "--exclude", "usr/lib/extra") == 0


def test_two_owners_of_one_file_are_an_error_and_no_tar_is_left(
    debs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.deb"
    other.write_bytes(make_deb("other", [Entry("usr/bin/tool")]))

    assert run([*debs, str(other)], tmp_path) == 1
    assert "/usr/bin/tool is in other and in tool" in capsys.readouterr().err
    assert not (tmp_path / "root.tar").exists()


def test_compiling_below_a_folder_that_is_not_there_is_an_error(
    debs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(debs, tmp_path, "--compile", "usr/lib/python3.11") == 1
    assert "there is no /usr/lib/python3.11 in the root" in capsys.readouterr().err


def test_compiling_needs_a_python_in_the_root_or_on_the_machine(
    debs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere this machine's Python stands in: tested in plinth.archive")
    assert run(debs, tmp_path, "--compile", "usr/lib") == 1
    assert "3.11" in capsys.readouterr().err
