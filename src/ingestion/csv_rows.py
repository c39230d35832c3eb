"""A CSV stream cut into blocks of whole rows, each with its place; its quotes are checked.

Arrow's reader takes text after a closing quote for a part of the value, and a quote that is never
closed for closed at the end. So nothing reaches it but rows whose quotes are sound.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_ROW = 1024 * 1024
"""Bytes, of a row and of a block. It bounds what is in memory."""

BOM = b"\xef\xbb\xbf"

Bytes = bytes | memoryview

_NEWLINE = ord("\n")

_QUOTED = rb'(?<![^,\r\n])"[^"]*+(?:""[^"]*+)*+"(?![^,\r\n])'
# Inside a field that does not begin with one, a quote is a character as any other.
_CHARACTER = rb'(?<=[^,\r\n])"'
_ROW = re.compile(rb'(?:[^"\r\n]++|%b|%b)*+' % (_QUOTED, _CHARACTER))
_ROWS = re.compile(rb"(?:%b(?:\n|\r(?!\Z)\n?))*+" % _ROW.pattern)
_CLOSED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
_BLANK = re.compile(rb"[\r\n]*+")
# What nearly all quotes are, in half the time. It sees a doubled quote as one field's end and
# another's start.
_QUICK = re.compile(rb'(?:[^"]*+(?<![^,\r\n"])"[^"]*+"(?![^,\r\n"]))*+')


@dataclass(frozen=True)
class Block:
    """Whole rows, which start at this byte of the file; or one bad row, and what is wrong."""

    data: Bytes
    start: int
    problem: str | None = None


def blocks(stream: BinaryIO) -> Iterator[Block]:
    """All rows of a stream, without its byte order mark.

    After text behind a closing quote it goes on with the next line. A quote that is not closed and
    a row longer than `LONGEST_ROW` are its end: where the next row starts, nobody can know.
    """
    first = _read(stream, len(BOM))
    start = len(BOM) if first == BOM else 0
    rest = bytearray(first[start:])
    is_end = False
    while True:
        # Read in place, and handed on without a copy: these are all bytes of a large file.
        data = bytearray(LONGEST_ROW + 1)
        data[: len(rest)] = rest
        filled = len(rest)
        if not is_end:
            filled += _read_into(stream, memoryview(data)[filled:LONGEST_ROW])
            is_end = filled < LONGEST_ROW
            if is_end and filled and data[filled - 1] != _NEWLINE:
                data[filled] = _NEWLINE
                filled += 1
        del data[filled:]
        if not data:
            return
        end, problem = _end_of_rows(data), None
        if not end:
            end, problem = _bad_row(data)
        yield Block(memoryview(data)[:end], start, problem)
        if problem and end == len(data) and not is_end:
            return
        start += end
        rest = data[end:]


def is_blank(data: Bytes) -> bool:
    """Whether there are only empty lines."""
    return _BLANK.fullmatch(data) is not None


def first_row(block: Block) -> tuple[list[str], Block]:
    """The fields of the first row that is not blank, which is there, and the block after it."""
    data = bytes(block.data)
    row = _ROW.match(data, len(data) - len(data.lstrip(b"\r\n")))
    assert row
    ((_, fields),) = rows(row.group())
    end = row.end() + (2 if data.startswith(b"\r\n", row.end()) else 1)
    return fields, Block(memoryview(data)[end:], block.start + end)


class Lines:
    """Finds the line of a byte by counting from the start of a file: only bad ones need that."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._line = 1
        self._last = b""

    def at(self, start: int) -> int:
        """The line, from 1, that this byte is on; it is none before that of an earlier call."""
        while part := _read(self._stream, min(start - self._at, LONGEST_ROW)):
            self._line += _breaks(part)
            # One break, that was cut in two.
            self._line -= self._last == b"\r" and part.startswith(b"\n")
            self._at += len(part)
            self._last = part[-1:]
        return self._line


def rows(data: Bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows as text, each after its line, from 0; blank ones are left out.

    Bytes that are no UTF-8 are kept as lone surrogates.
    """
    # This setting is the whole process's.
    csv.field_size_limit(LONGEST_ROW + 1)
    reader = csv.reader(io.StringIO(str(data, errors="surrogateescape"), newline=""))
    line = 0
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num


def _read(stream: BinaryIO, size: int) -> bytes:
    """As many bytes, or fewer at the end of the stream."""
    parts: list[bytes] = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _read_into(stream: BinaryIO, target: memoryview) -> int:
    """How many bytes were read; all that were asked for, or those up to the end of the stream."""
    filled = 0
    while filled < len(target) and (count := stream.readinto(target[filled:])):  # type: ignore[attr-defined]
        filled += count
    return filled


def _end_of_rows(data: bytearray) -> int:
    """Where the last whole row ends before which all quotes are sound; 0 without such a row."""
    quick = _QUICK.match(data)
    assert quick
    opened = data.find(b'"', quick.end())
    if opened < 0 or data.find(b'"', opened + 1) < 0:
        # At most one field is cut off, and no quote stands between the last whole one and it.
        end = data.rfind(b"\n", quick.end(), opened if opened >= 0 else len(data)) + 1
        if end:
            return end
    whole = _ROWS.match(data)
    assert whole
    return whole.end()


def _bad_row(data: bytearray) -> tuple[int, str]:
    """Where to go on after the first row, and what is wrong with it."""
    sound = _ROW.match(data)
    assert sound
    closed = _CLOSED.match(data, sound.end())
    if closed and closed.end() < len(data):
        end = data.find(b"\n", closed.end()) + 1 or len(data)
        return end, "there is text after a closing quote"
    return len(data), f"a quote is not closed, or the row is longer than {LONGEST_ROW} bytes"


def _breaks(data: bytes) -> int:
    """How many lines end in the data."""
    count = data.count(b"\n")
    if b"\r" in data:
        return count + data.count(b"\r") - data.count(b"\r\n")
    return count
