"""Where rows are not of their schema: line, column and what is wrong. For bad blocks only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from ingestion import csv_casts
from ingestion.column_types import ColumnType
from ingestion.csv_rows import Bytes, rows
from ingestion.problems import MAX_PROBLEMS, Problem
from ingestion.schemas import Column, TableSchema

_SHOWN = 40


def of_block(
    data: Bytes, first: int, header: list[str], schema: TableSchema, cause: str
) -> list[Problem]:
    """What is wrong in rows that Arrow refuses, which start on this line, in the order of lines.

    At most `MAX_PROBLEMS + 1` a column and of rows of another width. `cause` is what Arrow says,
    in case that nothing else is found.
    """
    width = len(header)
    problems: list[Problem] = []
    lines: list[int] = []
    found: list[list[str]] = []
    for line, row in rows(data):
        if len(row) == width:
            lines.append(first + line)
            found.append(row)
        else:
            message = f"{width} fields expected, {len(row)} found"
            problems.append(Problem(message, first + line))
            if len(problems) > MAX_PROBLEMS:
                break
    places = {name: place for place, name in enumerate(header)}
    for column in schema.columns:
        if column.name in places:
            cells = [row[places[column.name]] for row in found]
            problems += islice(_of_column(cells, lines, column), MAX_PROBLEMS + 1)
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or ""))
    return problems or [Problem(cause, first)]


def shown(text: str) -> str:
    """A text from a file, short and printable, fit for a message."""
    cut = text[:_SHOWN] + ("…" if len(text) > _SHOWN else "")
    return cut.encode(errors="replace").decode()


def _of_column(cells: list[str], lines: list[int], column: Column) -> Iterator[Problem]:
    texts = pa.array([_bytes(cell) or None for cell in cells], pa.binary())
    for index in _bad_cells(texts, column.column_type):
        yield Problem(_not_a(cells[index], column), lines[index], column.name)


def _bad_cells(texts: pa.Array, column_type: ColumnType, start: int = 0) -> Iterator[int]:
    """The indices of cells that do not cast, found by halving."""
    if len(texts) == 0 or _casts(texts, column_type):
        return
    if len(texts) == 1:
        yield start
        return
    middle = len(texts) // 2
    yield from _bad_cells(texts.slice(0, middle), column_type, start)
    yield from _bad_cells(texts.slice(middle), column_type, start + middle)


def _casts(texts: pa.Array, column_type: ColumnType) -> bool:
    """Whether the very code of the quick way casts these cells."""
    try:
        if csv_casts.is_text(column_type):
            texts = texts.cast(pa.string())
        csv_casts.cast(texts, column_type)
    except pa.ArrowInvalid:
        return False
    return True


def _not_a(cell: str, column: Column) -> str:
    if cell != cell.encode(errors="replace").decode():
        return "not UTF-8"
    if column.column_type.length:
        return f"longer than {column.type}: {len(cell)} characters"
    return f"{shown(cell)!r} is no {column.type}"


def _bytes(cell: str) -> bytes:
    return cell.encode(errors="surrogateescape")
