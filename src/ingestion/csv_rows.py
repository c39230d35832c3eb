"""A CSV stream cut into blocks of whole rows, each with its first line; its quotes are checked.

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
    """Whole rows, the first of which starts on this line; or one bad row, and what is wrong."""

    data: bytes
    line: int
    problem: str | None = None


def blocks(stream: BinaryIO) -> Iterator[Block]:
    """All rows of a stream, without its byte order mark.

    After text behind a closing quote it goes on with the next line. A quote that is not closed and
    a row longer than `LONGEST_ROW` are its end: where the next row starts, nobody can know.
    """
    data = _read(stream, len(BOM)).removeprefix(BOM)
    line = 1
    is_end = False
    while True:
        if not is_end:
            wanted = LONGEST_ROW - len(data)
            more = _read(stream, wanted)
            is_end = len(more) < wanted
            data += more
            if is_end and data and not data.endswith(b"\n"):
                data += b"\n"
        if not data:
            return
        end = _end_of_rows(data)
        if end:
            yield Block(data[:end], line)
        else:
            end, problem = _bad_row(data)
            yield Block(data[:end], line, problem)
            if end == len(data) and not is_end:
                return
        line += _lines(data, end)
        data = data[end:]


def is_blank(data: bytes) -> bool:
    """Whether there are only empty lines."""
    return _BLANK.fullmatch(data) is not None


def first_row(block: Block) -> tuple[list[str], Block]:
    """The fields of the first row that is not blank, which is there, and the block after it."""
    data = block.data
    row = _ROW.match(data, len(data) - len(data.lstrip(b"\r\n")))
    assert row
    ((_, fields),) = rows(row.group())
    end = row.end() + (2 if data.startswith(b"\r\n", row.end()) else 1)
    return fields, Block(data[end:], block.line + _lines(data, end))


def rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows as text, each after its line, from 0; blank ones are left out.

    Bytes that are no UTF-8 are kept as lone surrogates.
    """
    # This setting is the whole process's.
    csv.field_size_limit(LONGEST_ROW + 1)
    reader = csv.reader(io.StringIO(data.decode(errors="surrogateescape"), newline=""))
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


def _end_of_rows(data: bytes) -> int:
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


def _bad_row(data: bytes) -> tuple[int, str]:
    """Where to go on after the first row, and what is wrong with it."""
    sound = _ROW.match(data)
    assert sound
    closed = _CLOSED.match(data, sound.end())
    if closed and closed.end() < len(data):
        end = data.find(b"\n", closed.end()) + 1 or len(data)
        return end, "there is text after a closing quote"
    return len(data), f"a quote is not closed, or the row is longer than {LONGEST_ROW} bytes"


def _lines(data: bytes, end: int) -> int:
    """How many lines end before this place."""
    count = data.count(b"\n", 0, end)
    if data.find(b"\r", 0, end) >= 0 and data.count(b"\r", 0, end) != count:
        return count + data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end)
    return count
