"""Streaming reads of a producer's CSV file: checked and cast by the registered schema.

What is taken and refused is the table in docs/pipeline.md; `csv_oracle_test.py` holds it.

`csv_rows` cuts the file into blocks of whole rows and checks the quotes. `csv_casts` reads
and casts each with Arrow, which does not report the line of a bad value. So `csv_problems` goes
through the blocks that fail, and only those, row by row; and what is before them is read again, to
count its lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from ingestion import csv_problems, csv_rows
from ingestion.csv_casts import Caster
from ingestion.csv_problems import shown
from ingestion.csv_rows import Block, Lines
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
        header, first = _header(next(blocks, None), open_stream)
        _check_header(header, schema, optional)
        yield from _cast(_following(first, blocks), header, schema, open_stream)


def _cast(
    blocks: Iterator[Block], header: list[str], schema: TableSchema, open_stream: OpenStream
) -> Iterator[pa.RecordBatch]:
    """The batches up to the first problem, which is a `BadCsv` with those of the rest."""
    caster = Caster(header, schema)
    for block in blocks:
        try:
            yield _batch(caster, block)
        except pa.ArrowInvalid:
            raise _all_problems(chain([block], blocks), caster, header, open_stream) from None


def _batch(caster: Caster, block: Block) -> pa.RecordBatch:
    if block.problem:
        raise pa.ArrowInvalid(block.problem)
    return caster.batch(block.data)


def _all_problems(
    blocks: Iterable[Block], caster: Caster, header: list[str], open_stream: OpenStream
) -> BadCsv:
    """What is wrong in these blocks, up to the bounds."""
    problems: list[Problem] = []
    bad_blocks = 0
    with closing(open_stream()) as again:
        lines = Lines(again)
        for block in blocks:
            try:
                _batch(caster, block)
            except pa.ArrowInvalid as error:
                problems += _problems(block, lines.at(block.start), header, caster.schema, error)
                bad_blocks += not block.problem
            if len(problems) > MAX_PROBLEMS or bad_blocks == BAD_BLOCKS:
                return BadCsv(problems, complete=False)
    return BadCsv(problems)


def _problems(
    block: Block, line: int, header: list[str], schema: TableSchema, error: pa.ArrowInvalid
) -> list[Problem]:
    if block.problem:
        return [Problem(block.problem, line)]
    return csv_problems.of_block(block.data, line, header, schema, str(error))


def _header(first: Block | None, open_stream: OpenStream) -> tuple[list[str], Block]:
    """The names in the first row, and the rest of its block."""
    if not first or not bytes(first.data).strip():
        raise BadCsv([Problem("the file is empty; the first row must name the columns")])
    if bytes(first.data[:2]) in _UTF16_BOMS:
        raise BadCsv([Problem("the file is UTF-16; save it as UTF-8", 1)])
    if first.problem:
        with closing(open_stream()) as again:
            raise BadCsv([Problem(first.problem, Lines(again).at(first.start))])
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
