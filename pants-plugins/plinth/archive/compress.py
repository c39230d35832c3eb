"""Compression of layers: part of an image's digest, so one library, one level, no host zlib.

libdeflate (through the hash-locked `deflate` wheel) makes the same bytes on every processor; zlib-ng
and isa-l do not. docs/decisions/ has what was measured.
"""

from __future__ import annotations

LEVEL = 6


def gzip(data: bytes) -> bytes:
    """`data` as one gzip member without name or time."""
    # Imported here, so that what only reads layers runs where the wheel is not installed.
    import deflate

    return bytes(deflate.gzip_compress(data, LEVEL))
