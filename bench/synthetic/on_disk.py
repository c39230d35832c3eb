"""A made-up workspace as a git repository of one commit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_AUTHOR = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "gc.auto=0")


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Each text at its path below `root`."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def take_over(source: Path, root: Path, paths: Iterable[str]) -> None:
    """Copy files, with their modes, from one repository into another."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, root / path)


def tracked(root: Path) -> tuple[str, ...]:
    """The files that git knows at `root`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    return tuple(name for name in listed.stdout.split("\0") if name)


def commit_all(root: Path) -> None:
    """Make `root` a git repository whose one commit is all that stands there."""
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("commit", "--quiet", "--message=Made up"),
    ):
        subprocess.run(["git", *_AUTHOR, *command], cwd=root, check=True)
