"""Where a CSV file is not of its schema: line, column and what is wrong. Slow, so bounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from ingestion import csv_casts
from ingestion.csv_rows import Chunk, Rows
from ingestion.problems import MAX_PROBLEMS, BadCsv, Problem
from ingestion.schemas import Column, TableSchema

ROWS_SEARCHED = 1_000_000
"""From the first bad block on; that takes seconds, and a file can have a hundred times more."""

_CHUNK_ROWS = 8192
_SHOWN = 40


def located(stream: BinaryIO, schema: TableSchema, failure: csv_casts.BadBlock) -> BadCsv:
    """The problems of the rows from where the quick way has failed."""
    rows = Rows(stream)
    header = rows.next(1).rows[0]
    rows.skip(failure.rows)
    problems: list[Problem] = []
    searched = 0
    while searched < ROWS_SEARCHED:
        chunk = rows.next(_CHUNK_ROWS)
        problems += _of_chunk(chunk, header, schema)
        searched += len(chunk.rows)
        if chunk.end:
            return BadCsv(problems or [Problem(str(failure))])
        if len(problems) > MAX_PROBLEMS:
            break
    return BadCsv(problems or [Problem(str(failure))], complete=False)


def _of_chunk(chunk: Chunk, header: list[str], schema: TableSchema) -> list[Problem]:
    width = len(header)
    problems = [
        Problem(f"{width} fields expected, {len(row)} found", line)
        for line, row in zip(chunk.lines, chunk.rows, strict=True)
        if len(row) != width
    ]
    if problems:
        whole = [index for index, row in enumerate(chunk.rows) if len(row) == width]
        lines = [chunk.lines[index] for index in whole]
        rows = [chunk.rows[index] for index in whole]
    else:
        lines, rows = chunk.lines, chunk.rows
    columns = {column.name: column for column in schema.columns}
    for name, cells in zip(header, zip(*rows, strict=True), strict=False):
        problems += (
            Problem(_not_a(cells[index], columns[name]), lines[index], name)
            for index in _bad_cells(cells, columns[name], 0, len(cells))
        )
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or ""))
    return problems + ([chunk.problem] if chunk.problem else [])


def _not_a(cell: str, column: Column) -> str:
    if not _is_utf8([cell]):
        return "not UTF-8"
    if column.column_type.length:
        return f"longer than {column.type}: {len(cell)} characters"
    return f"{shown(cell)!r} is no {column.type}"


def shown(text: str) -> str:
    """A text from a file, short and printable, fit for a message."""
    cut = text[:_SHOWN] + ("…" if len(text) > _SHOWN else "")
    return cut.encode(errors="replace").decode()


def _bad_cells(cells: tuple[str, ...], column: Column, start: int, end: int) -> Iterator[int]:
    """The indices of cells that do not cast, found by halving: most chunks have none."""
    if start == end or _casts(cells[start:end], column):
        return
    if end - start == 1:
        yield start
        return
    middle = (start + end) // 2
    yield from _bad_cells(cells, column, start, middle)
    yield from _bad_cells(cells, column, middle, end)


def _casts(cells: tuple[str, ...], column: Column) -> bool:
    """Whether the very code of the quick way casts these cells."""
    if column.type == "string":
        return _is_utf8(cells)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([column.name])
    writer.writerows(zip(cells, strict=True))
    schema = TableSchema(table_description="", columns=(column,))
    encoded = text.getvalue().encode("utf-8", "surrogateescape")
    try:
        for _ in csv_casts.batches(encoded, io.BytesIO(), 1, schema):
            pass
    except csv_casts.BadBlock:
        return False
    return True


def _is_utf8(cells: tuple[str, ...] | list[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        # It has what stands for bytes that are no UTF-8.
        return False
    return True
