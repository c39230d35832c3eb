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
- A row is at most 1 MiB long.

The quick way (`csv_casts`) reads the file once with Arrow, in blocks. Arrow does not tell the line
of a bad value, so only when that fails, `csv_problems` goes through the file again, row by row.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingestion import csv_casts, csv_problems, csv_rows
from ingestion.csv_problems import shown
from ingestion.problems import BadCsv, Problem
from ingestion.schemas import Column, TableSchema

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")

OpenStream = Callable[[], BinaryIO]


def check(open_stream: OpenStream, schema: TableSchema) -> int:
    """Reads the whole file and gives its number of rows; `BadCsv` with up to 100 problems."""
    return sum(batch.num_rows for batch in batches(open_stream, schema))


def batches(
    open_stream: OpenStream, schema: TableSchema, *, absent_is_null: bool = False
) -> Iterator[pa.RecordBatch]:
    """The file's rows with the schema's columns, types and order, some MiB at a time.

    `BadCsv` when there is something wrong. With `absent_is_null` a column that the file lacks is
    null: a later minor version may have added it after the file was checked.
    """
    with closing(open_stream()) as stream:
        head = _read_head(stream)
        header = _header(head)
        _check_header(header, schema, absent_is_null)
        try:
            yield from csv_casts.batches(head, stream, len(header), schema)
        except csv_casts.BadBlock as bad:
            failure = bad
        else:
            return
    with closing(open_stream()) as stream:
        raise csv_problems.located(stream, schema, failure)


def has_embedded_newlines(batch: pa.RecordBatch) -> bool:
    """Whether any text in the batch spans lines, which line-based readers of the CSV trip over."""
    return any(
        pc.any(pc.match_substring(column, "\n")).as_py() or False
        for column in batch.columns
        if pa.types.is_string(column.type)
    )


def infer(open_stream: OpenStream) -> TableSchema:
    """A schema to begin with, from the first MiB of a file; `BadCsv` when they are not one.

    Types are as narrow as those rows allow, of bigint, double, boolean, date, timestamp and string.
    """
    with closing(open_stream()) as stream:
        head = _read_head(stream)
    _header(head)
    if len(head) == csv_rows.LONGEST_ROW:
        head = head[: head.rindex(b"\n") + 1]
    try:
        table = pa_csv.read_csv(
            io.BytesIO(head), parse_options=pa_csv.ParseOptions(newlines_in_values=True)
        )
    except pa.ArrowInvalid as error:
        raise BadCsv([Problem(str(error))]) from None
    return TableSchema(
        table_description="",
        columns=tuple(
            Column(name=field.name, type=_type_name(field.type), description="")
            for field in table.schema
        ),
    )


def _type_name(arrow_type: pa.DataType) -> str:
    tests = {
        "bigint": pa.types.is_integer,
        "double": pa.types.is_floating,
        "boolean": pa.types.is_boolean,
        "date": pa.types.is_date,
        "timestamp": pa.types.is_timestamp,
    }
    return next((name for name, is_it in tests.items() if is_it(arrow_type)), "string")


def _read_head(stream: BinaryIO) -> bytes:
    """The first block of the file, or all of a smaller one; `BadCsv` when it is no UTF-8 text."""
    head = stream.read(csv_rows.LONGEST_ROW)
    if head.startswith(_UTF16_BOMS):
        raise BadCsv([Problem("the file is UTF-16; save it as UTF-8", 1)])
    head = head.removeprefix(_UTF8_BOM)
    if not head.strip():
        raise BadCsv([Problem("the file is empty; the first row must name the columns")])
    return head


def _header(head: bytes) -> list[str]:
    first = csv_rows.Rows(io.BytesIO(head)).next(1)
    if first.problem:
        raise BadCsv([first.problem])
    return first.rows[0]


def _check_header(header: list[str], schema: TableSchema, absent_is_null: bool) -> None:
    expected = schema.column_names
    problems = [
        Problem("the header names it more than once", 1, shown(name))
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    problems += [
        Problem("the schema has no such column", 1, shown(name) or "(no name)")
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
        raise BadCsv(problems)
