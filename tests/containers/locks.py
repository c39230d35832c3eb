"""Locks between this user's test processes, which the kernel gives up when their holder dies."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def held(name: str) -> Iterator[bool]:
    """Hold the lock of that name, if nobody does: whether this is now the holder."""
    path = _folder() / f"{name}.lock"
    with path.open("w") as file:
        if not _lock(file, path):
            yield False
            return
        try:
            yield True
        finally:
            path.unlink()


def is_held(name: str) -> bool:
    """Whether a living process holds the lock."""
    with held(name) as ours:
        return not ours


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"plinth-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _lock(file: IO[str], path: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # Its last holder may have removed the file after it was opened here: that one locks nothing.
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
