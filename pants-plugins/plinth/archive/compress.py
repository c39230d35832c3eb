"""Compression of layers: part of an image's digest, so one library and one level, never the host's.

libdeflate (through the hash-locked `deflate` wheel) made the same bytes on every processor tried
and is three times as fast as zlib at the same size; docs/decisions/ has what was measured.
"""

from __future__ import annotations

LEVEL = 6


def gzip(data: bytes) -> bytes:
    """`data` as one gzip member without name or time."""
    # Imported here, so that what only reads layers runs where the wheel is not installed.
    import deflate

    return bytes(deflate.gzip_compress(data, LEVEL))
