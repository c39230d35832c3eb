"""Entries of the ledger that this machine has read before, so that each is fetched once.

Nothing is believed for lying here: an entry's signature and its place in the chain are checked each
time, whether its bytes come from S3 or from the disk. An entry is known by S3's ETag of it, which
the listing names, so one that was altered in the bucket since is fetched and found.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class Kept:
    """Bytes by key and ETag, a file each in `folder`. A disk that refuses costs a fetch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, etag: str) -> bytes | None:
        try:
            return self._path(key, etag).read_bytes()
        except OSError:
            return None

    def put(self, key: str, etag: str, data: bytes) -> None:
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: another command may read it meanwhile.
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(name, self._path(key, etag))

    def _path(self, key: str, etag: str) -> Path:
        return self._folder / hashlib.sha256(f"{key}\n{etag}".encode()).hexdigest()


def folder_of(env: Mapping[str, str]) -> Path:
    """Where this user's machine keeps them: below XDG_CACHE_HOME, or ~/.cache."""
    base = env.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "plinth" / "delivery" / "ledger"
