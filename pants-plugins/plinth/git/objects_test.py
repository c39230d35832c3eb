from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plinth.git.errors import GitError
from plinth.git.objects import (
    File,
    blob_id,
    commit_time,
    is_id,
    object_id,
    parse_index,
    parse_tree,
    utc,
)

ID = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("text", [ID, "a" * 64])
def test_an_id_has_its_form(text: str) -> None:
    assert is_id(text)
    assert object_id(f"{text}\n".encode()) == text


@pytest.mark.parametrize("text", ["", "No", "No signature", ID[:-1], ID.upper(), f"{ID} {ID}"])
def test_nothing_else_is_an_id(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(GitError, match="where the id of an object is due"):
        object_id(text.encode())


def test_a_blob_s_id_is_git_s(tmp_path: Path) -> None:
    for content in (b"", b"a\n", bytes(range(256)) * 9):
        (tmp_path / "file").write_bytes(content)
        printed = subprocess.run(
            ("git", "hash-object", "--no-filters", "file"),
            cwd=tmp_path,
            check=True,
            capture_output=True,
        ).stdout
        assert blob_id(content) == object_id(printed)


COMMIT = (
    b"tree %s\nauthor committer A> 5 +0000 <a@b> 1 +0000\ncommitter A B <a@b> %s\n"
    b"gpgsig -----BEGIN\n committer X <x> 9 +0000\n\ncommitter Y <y> 7 +0000\n"
)


@pytest.mark.parametrize(
    ("when", "time"),
    [
        (b"1795262400 +0000", "2026-11-21T12:00:00Z"),
        (b"1795262400 -1130", "2026-11-21T12:00:00Z"),
        (b"0 +0200", "1970-01-01T00:00:00Z"),
    ],
)
def test_a_commit_s_time_is_its_committer_s_in_utc(when: bytes, time: str) -> None:
    assert utc(commit_time(COMMIT % (ID.encode(), when))) == time


def test_a_commit_without_a_time_is_an_error() -> None:
    with pytest.raises(GitError, match="no committer's time"):
        commit_time(b"tree x\n\ncommitter Y <y> 7 +0000\n")


def test_listings_are_read_by_path() -> None:
    assert parse_tree(f'100644 blob {ID}\ta\nb\t"c\x00120000 blob {ID}\tä\0'.encode()) == {
        'a\nb\t"c': File("100644", ID),
        "ä": File("120000", ID),
    }
    listed = f"100755 {ID} 0\ta\x00100644 {ID} 1\tin conflict\x00100644 {ID} 2\tin conflict\0"
    assert parse_index(listed.encode()) == {"a": File("100755", ID)}
