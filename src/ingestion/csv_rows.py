"""The rows of a CSV file as text, each with the line that it starts on."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, BinaryIO

from ingestion.problems import Problem

LONGEST_ROW = 1024 * 1024
"""Bytes. It bounds what is in memory, here and in Arrow's reader, which takes it for its block."""

_END = "\0end of file\0"


class _Guarded(io.RawIOBase):
    """A stream that fails when a line does not end in time, and that has one more line at its end.

    Python's reader takes a quote that is still open at the end of a file for closed there. It would
    take the added line into that field too, which shows it.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._open_line = 0
        self._tail = io.BytesIO(f"\n{_END}".encode())

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._open_line > LONGEST_ROW:
            raise csv.Error
        data = self._stream.read(len(buffer)) or self._tail.read(len(buffer))
        newline = data.rfind(b"\n")
        self._open_line = len(data) - newline if newline >= 0 else self._open_line + len(data)
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True)
class Chunk:
    """Some rows and the lines they start on; `end` when there are no more, and why if it is bad."""

    lines: list[int]
    rows: list[list[str]]
    end: bool
    problem: Problem | None = None


class Rows:
    """The rows of a stream of UTF-8; blank lines are left out. Bytes that are no UTF-8 are kept.

    A row that does not end is the last one: a quote is open, or it is longer than `LONGEST_ROW`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        # This setting is the whole process's.
        csv.field_size_limit(LONGEST_ROW)
        text = io.TextIOWrapper(
            io.BufferedReader(_Guarded(stream), 1024 * 1024),
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="",
        )
        self._reader = csv.reader(text)

    def skip(self, count: int) -> None:
        """Goes over rows that are known to be good."""
        if count:
            for row in self._reader:
                if row:
                    count -= 1
                    if not count:
                        return

    def next(self, count: int) -> Chunk:
        """The next rows, at most `count`."""
        lines: list[int] = []
        rows: list[list[str]] = []
        line = self._reader.line_num + 1
        try:
            for row in self._reader:
                if row:
                    if row[-1].endswith(_END):
                        problem = None if row == [_END] else _endless(line)
                        return Chunk(lines, rows, True, problem)
                    lines.append(line)
                    rows.append(row)
                    if len(rows) == count:
                        return Chunk(lines, rows, False)
                line = self._reader.line_num + 1
        except csv.Error:
            return Chunk(lines, rows, True, _endless(line))
        return Chunk(lines, rows, True)


def _endless(line: int) -> Problem:
    return Problem(f"a quote is not closed, or the row is longer than {LONGEST_ROW} bytes", line)
