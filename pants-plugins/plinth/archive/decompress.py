"""What a file holds under its compression, which its first bytes tell.

Docker's builders know gzip, bzip2 and xz by them, and current ones zstd. Source: moby/go-archive
0.2.0, `compression/compression_detect.go`; RFC 8878, section 3, for the frames of zstd.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

DAMAGED = (EOFError, OSError, lzma.LZMAError, zlib.error)
"""What reading a damaged file raises."""

_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
_SKIPPED_FRAMES = range(0x184D2A50, 0x184D2A60)


def decompressed(source: BinaryIO) -> BinaryIO:
    """The bytes under the compression of `source`, which can seek; plain ones as they are."""
    start = source.read(8)
    source.seek(-len(start), io.SEEK_CUR)
    if start.startswith(_GZIP):
        return cast(BinaryIO, gzip.GzipFile(fileobj=source))
    if start.startswith(_BZIP2):
        return cast(BinaryIO, bz2.BZ2File(source))
    if start.startswith(_XZ):
        return cast(BinaryIO, lzma.LZMAFile(source, format=lzma.FORMAT_XZ))
    if start.startswith(_ZSTD) or _is_skipped_frame(start):
        return cast(BinaryIO, io.BufferedReader(_Chunks(_zstd(source))))
    return source


def is_compressed(source: BinaryIO) -> bool:
    """Whether `decompressed` has anything to take away."""
    return decompressed(source) is not source


def _is_skipped_frame(start: bytes) -> bool:
    return len(start) == 8 and int.from_bytes(start[:4], "little") in _SKIPPED_FRAMES


def _zstd(source: BinaryIO) -> Iterator[bytes]:
    """The frames' contents. Small pieces are read: each may stand for thousands of times more."""
    # Imported here, so that what reads no zstd runs where the wheel is not installed.
    import zstandard

    frame = zstandard.ZstdDecompressor().decompressobj()
    begun = False
    while piece := source.read(4096):
        try:
            while piece:
                begun = True
                yield frame.decompress(piece)
                piece = b""
                if frame.eof:
                    piece = frame.unused_data
                    frame, begun = zstandard.ZstdDecompressor().decompressobj(), False
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
    if begun:
        raise EOFError("the file ends within a frame of zstd")


class _Chunks(io.RawIOBase):
    """An iterator of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
