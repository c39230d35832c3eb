"""Writes a CSV file of any size, to measure with: the same arguments give the same bytes.

    python tests/data/large_csv.py 200MB large.csv

Every row differs. There is a column of each kind that costs time in another way: numbers, decimals,
dates and moments, texts that repeat and texts that do not, quoted fields with commas, and nulls.
`SCHEMA` is the schema of its table.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

from ingestion.schemas import Column, TableSchema

_TYPES = {
    "id": "bigint",
    "count": "int",
    "price": "decimal(10,2)",
    "score": "double",
    "active": "boolean",
    "day": "date",
    "moment": "timestamp",
    "kind": "varchar(10)",
    "name": "string",
    "address": "string",
}
SCHEMA = TableSchema(
    table_description="Made to measure with",
    columns=tuple(Column(name=name, type=kind, description="") for name, kind in _TYPES.items()),
)

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
_BLOCK_ROWS = 10_000
_POOL = 20_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write(target: BinaryIO, size: int, seed: int = 1) -> int:
    """Writes at least `size` bytes, ending with a whole row; gives the number of rows."""
    written = target.write(f"{','.join(SCHEMA.column_names)}\n".encode())
    rows = 0
    for block in _blocks(random.Random(seed)):
        written += target.write(block)
        rows += _BLOCK_ROWS
        if written >= size:
            break
    return rows


def _blocks(chance: random.Random) -> Iterator[bytes]:
    # What comes after the id is drawn from two pools, so that a row costs little and none recurs:
    # the halves of a row meet again only after as many rows as there are pairs of them.
    first = [_numbers(chance) for _ in range(_POOL)]
    second = [_texts(chance) for _ in range(_POOL - 1)]
    number = 0
    while True:
        lines = (
            f"{index},{first[index % len(first)]},{second[index % len(second)]}\n"
            for index in range(number, number + _BLOCK_ROWS)
        )
        yield "".join(lines).encode()
        number += _BLOCK_ROWS


def _numbers(chance: random.Random) -> str:
    count = "" if chance.random() < 0.05 else str(chance.randint(-1000, 1000))
    day = date(2000, 1, 1) + timedelta(days=chance.randrange(9000))
    return (
        f"{count},{chance.randrange(10**7) / 100:.2f},{chance.gauss(0, 1000):.9f},"
        f"{chance.choice(('true', 'false'))},{day},"
        f"{day} {chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    )


def _texts(chance: random.Random) -> str:
    kind = chance.choice(("new", "used", "broken", ""))
    return f'{kind},{_word(chance)} {_word(chance)},"{chance.randrange(500)}, {_word(chance)} St"'


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randint(3, 12)))


def _size(text: str) -> int:
    number, unit = text[:-2], text[-2:].upper()
    if unit not in _UNITS or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 10MB, 2GB")
    return int(number) * _UNITS[unit]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a CSV file of any size.")
    parser.add_argument("size", type=_size, help="at least so much, such as 200MB")
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    with arguments.target.open("wb") as target:
        rows = write(target, arguments.size)
        print(f"{arguments.target}: {rows:,} rows, {target.tell():,} bytes")


if __name__ == "__main__":
    main()
