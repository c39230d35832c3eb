"""Streaming reads of a producer's CSV file: checked and cast by the registered schema.

The rules for producers:

- UTF-8, with or without a byte order mark; fields separated by commas, quoted with `"` (doubled
  inside a quoted field); LF or CRLF; a quoted field may hold newlines; blank lines are skipped.
- The first row names the columns, each once, in any order: all columns of the schema and no other.
- An empty field, quoted or not, is null.
- Numbers are plain decimal; spaces around them are ignored. A decimal may not have more fraction
  digits than its scale: nothing is rounded. `nan` and `inf` are valid for float and double.
- Booleans are true, True, TRUE, 1 and false, False, FALSE, 0.
- Dates are `YYYY-MM-DD`. Timestamps are that, or with `hh:mm[:ss[.ffffff]]` after a space or a `T`.
  One with `Z` or an offset is converted to UTC; one without is taken to be in UTC.
- `char(n)` and `varchar(n)` may have up to n characters.
- A row is at most 8 MiB long.

The quick way reads the file once with Arrow in blocks. Arrow does not tell the line of a bad value,
so only when that fails, `find_problems` goes through the file again, row by row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingestion.arrow_schema import to_arrow
from ingestion.column_types import ColumnType
from ingestion.schemas import Column, TableSchema

BLOCK_BYTES = 8 * 1024 * 1024
"""How much is parsed at once, and so the longest row."""

MAX_PROBLEMS = 100
"""After so many problems the search stops."""

_CHUNK_ROWS = 8192
_SHOWN = 40
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_TRUE = ["true", "True", "TRUE", "1"]
_FALSE = ["false", "False", "FALSE", "0"]

OpenStream = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: the line its row starts on (from 1), the column, and what."""

    message: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class BadCsv(Exception):
    """The file is not a CSV of the registered schema; `problems` says why, first things first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = tuple(problems)


class _BadBlock(Exception):
    """Some row after the first `rows` ones cannot be read or cast."""

    def __init__(self, rows: int, cause: str) -> None:
        super().__init__(cause)
        self.rows = rows


def check(open_stream: OpenStream, schema: TableSchema) -> int:
    """Reads the whole file and gives its number of rows; `BadCsv` with up to 100 problems."""
    rows = 0
    for batch in batches(open_stream, schema):
        rows += batch.num_rows
    return rows


def batches(
    open_stream: OpenStream, schema: TableSchema, *, absent_is_null: bool = False
) -> Iterator[pa.RecordBatch]:
    """The file's rows with the schema's columns, types and order, some MiB at a time.

    `BadCsv` when there is something wrong. With `absent_is_null` a column that the file lacks is
    null: a later minor version may have added it after the file was checked.
    """
    with open_stream() as stream:
        head = _read_head(stream)
        header = _header(head)
        _check_header(header, schema, absent_is_null)
        try:
            yield from _arrow_batches(_Replay(head, stream, len(header)), schema)
        except _BadBlock as bad:
            failure = bad
        else:
            return
    problems = tuple(islice(find_problems(open_stream, schema, failure.rows), MAX_PROBLEMS))
    raise BadCsv(problems or (Problem(str(failure)),))


def find_problems(
    open_stream: OpenStream, schema: TableSchema, good_rows: int = 0
) -> Iterator[Problem]:
    """What is wrong with the rows after the first `good_rows` ones, in the order of the file."""
    with open_stream() as stream:
        rows = _Rows(stream)
        header = next(rows)[1]
        try:
            while chunk := list(islice(rows, _CHUNK_ROWS)):
                skipped = min(good_rows, len(chunk))
                good_rows -= skipped
                yield from _chunk_problems(chunk[skipped:], header, schema)
        except _UnreadableRow as bad:
            yield bad.problem


def has_embedded_newlines(batch: pa.RecordBatch) -> bool:
    """Whether any text in the batch spans lines, which line-based readers of the CSV trip over."""
    return any(
        pc.any(pc.match_substring(column, "\n")).as_py() or False
        for column in batch.columns
        if pa.types.is_string(column.type)
    )


# The header.


def _read_head(stream: BinaryIO) -> bytes:
    """The first block of the file, or all of a smaller one; `BadCsv` when it is no UTF-8 text."""
    head = _read_full(stream, BLOCK_BYTES)
    if head.startswith(_UTF16_BOMS):
        raise BadCsv([Problem("the file is UTF-16; save it as UTF-8", 1)])
    head = head.removeprefix(_UTF8_BOM)
    if not head.strip():
        raise BadCsv([Problem("the file is empty; the first row must name the columns")])
    return head


def _read_full(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _header(head: bytes) -> list[str]:
    try:
        return next(_Rows(io.BytesIO(head)))[1]
    except _UnreadableRow as bad:
        raise BadCsv([bad.problem]) from None


def _check_header(header: list[str], schema: TableSchema, absent_is_null: bool) -> None:
    expected = schema.column_names
    problems = [
        Problem("the header names it more than once", 1, _printable(name))
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    problems += [
        Problem("the schema has no such column", 1, _printable(name))
        for name in dict.fromkeys(header)
        if name not in expected
    ]
    if not absent_is_null:
        problems += [
            Problem("the file lacks this column", 1, name)
            for name in expected
            if name not in header
        ]
    if problems:
        raise BadCsv(problems[:MAX_PROBLEMS])


def _printable(name: str) -> str:
    return name[:_SHOWN].encode(errors="replace").decode() or "(no name)"


# The quick way: Arrow.


class _Replay(io.RawIOBase):
    """A stream whose first bytes were read already, with one more row, all empty, at its end.

    Arrow takes a quote that is still open at the end of a file for closed there, and with it the
    rest of the file for one value. It would swallow the added row too, which shows it.
    """

    def __init__(self, head: bytes, rest: BinaryIO, fields: int) -> None:
        super().__init__()
        tail = b"\n" + (b"," * (fields - 1) or b'""') + b"\n"
        self._streams = [io.BytesIO(head), rest, io.BytesIO(tail)]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """All that was asked for, up to the end: Arrow takes what one read gives for a block."""
        found = b""
        for stream in self._streams:
            found += _read_full(stream, size - len(found))
        return found


def _arrow_batches(stream: _Replay, schema: TableSchema) -> Iterator[pa.RecordBatch]:
    """The finished batches, without the row that the stream adds."""
    rows = 0
    held: pa.RecordBatch | None = None
    for batch in _read_batches(stream, schema):
        if held:
            yield held
            rows += held.num_rows
        held = batch
    if not held or any(column[-1].is_valid for column in held.columns):
        raise _BadBlock(rows, "a quote is not closed")
    yield held.slice(0, held.num_rows - 1)


def _read_batches(stream: _Replay, schema: TableSchema) -> Iterator[pa.RecordBatch]:
    rows = 0
    try:
        with pa_csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=_convert_options(schema),
        ) as reader:
            for batch in reader:
                yield _finished(batch, schema)
                rows += batch.num_rows
    except pa.ArrowInvalid as error:
        raise _BadBlock(rows, str(error)) from None


def _convert_options(schema: TableSchema) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        column_types={column.name: _read_type(column) for column in schema.columns},
        include_columns=list(schema.column_names),
        include_missing_columns=True,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        true_values=_TRUE,
        false_values=_FALSE,
    )


def _read_type(column: Column) -> pa.DataType:
    """What Arrow's reader casts to: timestamps are cast here, since zones may be mixed."""
    field = to_arrow(TableSchema(table_description="", columns=(column,))).field(0)
    return pa.string() if pa.types.is_timestamp(field.type) else field.type


def _finished(batch: pa.RecordBatch, schema: TableSchema) -> pa.RecordBatch:
    """The batch with the schema's exact types; `ArrowInvalid` when a value does not fit."""
    columns = [
        _finished_column(array, column.column_type)
        for array, column in zip(batch.columns, schema.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=to_arrow(schema))


def _finished_column(array: pa.Array, column_type: ColumnType) -> pa.Array:
    if column_type.kind == "timestamp":
        return _timestamps(array)
    if column_type.length and (pc.max(pc.utf8_length(array)).as_py() or 0) > column_type.length:
        raise pa.ArrowInvalid(f"a text is longer than {column_type}")
    if column_type.kind == "decimal" and _has_more_digits(array, column_type):
        raise pa.ArrowInvalid(f"a number has more digits than {column_type}")
    return array


def _has_more_digits(array: pa.Array, column_type: ColumnType) -> bool:
    """Arrow's reader checks a decimal's scale, but not its precision when it has to rescale."""
    limit = 10 ** (column_type.precision - column_type.scale)
    extremes = pc.min_max(array).as_py().values()
    # Not by abs(): it would round to the 28 digits of Python's decimal context.
    return any(value is not None and not -limit < value < limit for value in extremes)


def _timestamps(texts: pa.Array) -> pa.Array:
    """Timestamps in UTC of texts of which none, all, or some have a zone."""
    for zone in (None, "UTC"):
        try:
            return texts.cast(pa.timestamp("us", zone)).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            continue
    zoned = pc.match_substring_regex(texts, r"[0-9](Z|[+-][0-9]{2}(:?[0-9]{2})?)$")
    # A date alone ends like a zone: "2024-01-31".
    zoned = pc.and_(zoned, pc.greater(pc.utf8_length(texts), 10))
    nothing = pa.scalar(None, pa.string())
    in_zone = pc.if_else(zoned, texts, nothing).cast(pa.timestamp("us", "UTC"))
    without = pc.if_else(zoned, nothing, texts).cast(pa.timestamp("us"))
    return pc.coalesce(in_zone.cast(pa.timestamp("us")), without)


# The slow way: row by row, to say where.


class _UnreadableRow(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Rows:
    """The rows of a CSV, each with the line it starts on; blank lines left out, as Arrow does."""

    def __init__(self, stream: BinaryIO) -> None:
        # A csv.reader setting is the whole process's; Arrow's own limit is the block.
        csv.field_size_limit(BLOCK_BYTES)
        self._text = io.TextIOWrapper(
            io.BufferedReader(cast(io.RawIOBase, stream)),
            encoding="utf-8-sig",
            errors="surrogateescape",
            newline="",
        )
        self._line = 0
        self._ended = False
        self._reader = csv.reader(self._lines())

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(BLOCK_BYTES):
            if len(line) == BLOCK_BYTES:
                raise self._endless()
            yield line
        self._ended = True

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while True:
            self._line = self._reader.line_num + 1
            try:
                row = next(self._reader)
            except csv.Error:
                raise self._endless() from None
            if self._ended:
                # The reader wanted another line for this row: a quote is open.
                raise self._endless()
            if row:
                return self._line, row

    def _endless(self) -> _UnreadableRow:
        return _UnreadableRow(
            Problem(
                f"a quote is not closed, or the row is longer than {BLOCK_BYTES} bytes", self._line
            )
        )


def _chunk_problems(
    chunk: list[tuple[int, list[str]]], header: list[str], schema: TableSchema
) -> Iterator[Problem]:
    whole = [(line, row) for line, row in chunk if len(row) == len(header)]
    problems = [
        Problem(f"{len(header)} fields expected, {len(row)} found", line)
        for line, row in chunk
        if len(row) != len(header)
    ]
    lines = [line for line, _ in whole]
    for position, name in enumerate(header):
        column = next(column for column in schema.columns if column.name == name)
        cells = [row[position] for _, row in whole]
        problems += (
            Problem(_not_a(cells[index], column), lines[index], name)
            for index in _bad_cells(cells, column, 0, len(cells))
        )
    yield from sorted(problems, key=lambda problem: (problem.line or 0, problem.column or ""))


def _not_a(cell: str, column: Column) -> str:
    shown = cell[:_SHOWN] + ("…" if len(cell) > _SHOWN else "")
    if not cell.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in cell):
        return "not UTF-8"
    if column.column_type.length:
        return f"longer than {column.type}: {len(cell)} characters"
    return f"{shown!r} is no {column.type}"


def _bad_cells(cells: list[str], column: Column, start: int, end: int) -> Iterator[int]:
    """The indices of cells that do not cast, found by halving: most chunks have none."""
    if start == end or _casts(cells[start:end], column):
        return
    if end - start == 1:
        yield start
        return
    middle = (start + end) // 2
    yield from _bad_cells(cells, column, start, middle)
    yield from _bad_cells(cells, column, middle, end)


def _casts(cells: list[str], column: Column) -> bool:
    """Whether the very code of the quick way casts these cells."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([cell] for cell in [column.name, *cells])
    schema = TableSchema(table_description="", columns=(column,))
    encoded = text.getvalue().encode("utf-8", "surrogateescape")
    try:
        for _ in _arrow_batches(_Replay(encoded, io.BytesIO(), 1), schema):
            pass
    except _BadBlock:
        return False
    return True
