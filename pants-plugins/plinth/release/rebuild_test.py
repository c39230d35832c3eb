from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from plinth.oci.testing.layouts import write_image
from plinth.release.errors import ReleaseError
from plinth.release.rebuild import build, checked_out


def pants(clone: Path, *lines: str) -> None:
    """A Pants in the clone that does this."""
    clone.mkdir(parents=True, exist_ok=True)
    (clone / "pants").write_text("\n".join(("#!/usr/bin/env bash", *lines, "")))
    (clone / "pants").chmod(0o755)


def test_no_package_but_the_locked_is_taken_whatever_the_caller_allows(tmp_path: Path) -> None:
    pants(tmp_path, "env > seen", 'echo "$@" > asked')
    allowing = {**os.environ, "PLINTH_UNLOCKED": "allow", "PYTHONPATH": "/here", "OTHER": "stays"}
    assert build(tmp_path, ["a:image", "b:image"], allowing) == ()
    seen = dict(line.partition("=")[::2] for line in (tmp_path / "seen").read_text().splitlines())
    assert "OTHER" in seen
    assert not {"PLINTH_UNLOCKED", "PYTHONPATH"} & seen.keys()
    assert (tmp_path / "asked").read_text().endswith("package a:image b:image\n")


def test_the_images_that_were_assembled(tmp_path: Path) -> None:
    pants(tmp_path)
    image = write_image(tmp_path / "dist/a/image", "a", [b"a"])
    assert build(tmp_path, ["a:image"]) == (image,)


def test_a_build_that_fails(tmp_path: Path) -> None:
    pants(tmp_path, "exit 1")
    with pytest.raises(ReleaseError, match="package a:image failed"):
        build(tmp_path, ["a:image"])


def test_a_commit_is_checked_out_in_a_clone_that_goes_away(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.test")
        command = ("git", *who, "-C", str(tmp_path), *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    commits = []
    for text in ("one", "two"):
        (tmp_path / "file").write_text(text)
        git("add", ".")
        git("commit", "--quiet", "--message", text)
        commits.append(git("rev-parse", "HEAD"))
    for commit, text in zip(commits, ("one", "two")):
        with checked_out(tmp_path, commit) as clone:
            assert (clone / "file").read_text() == text
        assert not clone.exists()
    with pytest.raises(ReleaseError, match="checkout"), checked_out(tmp_path, "0" * 40):
        pass
