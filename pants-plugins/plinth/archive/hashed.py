"""A file to write, whose digest and size are known once it is written."""

from __future__ import annotations

import hashlib
from typing import BinaryIO, Protocol


class Writer(Protocol):
    """Anything that takes bytes."""

    def write(self, data: bytes | bytearray, /) -> object: ...


class Hashed:
    """What is written goes on to `out`, and is hashed on the way."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._hash, self.size = out, hashlib.sha256(), 0

    def write(self, data: bytes | bytearray) -> int:
        self._hash.update(data)
        self.size += len(data)
        return self._out.write(data)

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written so far, as `sha256:…`."""
        return f"sha256:{self._hash.hexdigest()}"
