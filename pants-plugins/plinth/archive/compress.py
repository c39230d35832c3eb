"""Compression of layers: part of an image's digest, so one library and one level, never the host's.

libdeflate (through the hash-locked `deflate` wheel) made the same bytes on every processor tried
and is three times as fast as zlib at the same size; docs/decisions/ has what was measured.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plinth.archive.hashed import Writer

LEVEL = 6
PIECE = 256 << 20
"""Bytes that become one gzip member. libdeflate takes a member's bytes whole, so this bounds the
memory. A layer that is no larger is one member, which even a careless reader of gzip reads whole.
"""


def gzip(data: bytes | mmap.mmap) -> bytearray:
    """`data` as one gzip member without name or time."""
    # Imported here, so that what only reads layers runs where the wheel is not installed.
    import deflate

    return deflate.gzip_compress(data, LEVEL)


def gzip_file(source: Path, out: Writer, piece: int = PIECE) -> None:
    """Write the bytes of a file that is not empty: one gzip member for each `piece` of them."""
    size = source.stat().st_size
    with source.open("rb") as file:
        for start in range(0, size, piece):
            length = min(piece, size - start)
            # Mapped, not read: the pages are the file's own, and the system may drop them.
            with mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ, offset=start) as part:
                out.write(gzip(part))
