"""Streaming reads of a producer's CSV file: checked and cast by the registered schema.

What is taken and refused is the table in docs/pipeline.md; `csv_oracle_test.py` holds it.

`csv_rows` cuts the file into blocks of whole rows and checks the quotes. `csv_casts` reads
and casts each with Arrow, which does not report the line of a bad value. So `csv_problems` goes
through the blocks that fail, and only those, row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from typing import BinaryIO

import pyarrow as pa

from ingestion import csv_problems, csv_rows
from ingestion.csv_casts import Caster
from ingestion.csv_problems import shown
from ingestion.csv_rows import Block
from ingestion.problems import MAX_PROBLEMS, BadCsv, Problem
from ingestion.schemas import TableSchema

BAD_BLOCKS = 16
"""After so many blocks with problems the search stops: each costs as much as several good ones."""

_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")

OpenStream = Callable[[], BinaryIO]


def check(open_stream: OpenStream, schema: TableSchema, optional: Collection[str] = ()) -> int:
    """Reads the whole file and gives its number of rows; `BadCsv` with up to 100 problems.

    `optional` are the columns that the file may lack.
    """
    return sum(batch.num_rows for batch in batches(open_stream, schema, optional))


def batches(
    open_stream: OpenStream, schema: TableSchema, optional: Collection[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The file's rows with the schema's columns, types and order, up to a MiB of them at a time.

    `BadCsv` when there is something wrong, after the rows before it. A column that the file lacks,
    and may lack, is null.
    """
    with closing(open_stream()) as stream:
        blocks = (block for block in csv_rows.blocks(stream) if not csv_rows.is_blank(block.data))
        header, first = _header(next(blocks, None))
        _check_header(header, schema, optional)
        yield from _cast(_following(first, blocks), header, schema)


def _cast(
    blocks: Iterator[Block], header: list[str], schema: TableSchema
) -> Iterator[pa.RecordBatch]:
    """The batches up to the first problem; then all problems of the rest, up to the bounds."""
    caster = Caster(header, schema)
    problems: list[Problem] = []
    bad_blocks = 0
    for block in blocks:
        if block.problem:
            problems.append(Problem(block.problem, block.line))
        else:
            try:
                batch = caster.batch(block.data)
            except pa.ArrowInvalid as error:
                problems += csv_problems.of_block(block, header, schema, str(error))
                bad_blocks += 1
            else:
                if not problems:
                    yield batch
        if len(problems) > MAX_PROBLEMS or bad_blocks == BAD_BLOCKS:
            raise BadCsv(problems, complete=False)
    if problems:
        raise BadCsv(problems)


def _header(first: Block | None) -> tuple[list[str], Block]:
    """The names in the first row, and the rest of its block."""
    if not first or not first.data.strip():
        raise BadCsv([Problem("the file is empty; the first row must name the columns")])
    if first.data.startswith(_UTF16_BOMS):
        raise BadCsv([Problem("the file is UTF-16; save it as UTF-8", 1)])
    if first.problem:
        raise BadCsv([Problem(first.problem, first.line)])
    return csv_rows.first_row(first)


def _following(first: Block, blocks: Iterator[Block]) -> Iterator[Block]:
    if not csv_rows.is_blank(first.data):
        yield first
    yield from blocks


def _check_header(header: list[str], schema: TableSchema, optional: Collection[str]) -> None:
    expected = dict.fromkeys(schema.column_names)
    named = Counter(header)
    problems = [
        Problem("the header names it more than once", 1, shown(name))
        for name, count in named.items()
        if count > 1
    ]
    problems += [
        Problem("the schema has no such column", 1, shown(name) or "(no name)")
        for name in named
        if name not in expected
    ]
    problems += [
        Problem("the file lacks this column", 1, name)
        for name in expected
        if name not in named and name not in optional
    ]
    if problems:
        raise BadCsv(problems)
