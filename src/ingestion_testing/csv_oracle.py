"""What a CSV file of a table says, read by rules of its own: the measure for `ingestion.csv_files`.

Slow and simple: Python's strict `csv`, `decimal`, and patterns for the rest. It knows nothing of
Arrow, and nothing of how the pipeline reads.
"""

from __future__ import annotations

import csv
import io
import math
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any, TypeVar

from ingestion.schemas import TableSchema

_T = TypeVar("_T")
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE", "1"), True),
    **dict.fromkeys(("false", "False", "FALSE", "0"), False),
}
_INTEGER = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_FLOAT = re.compile(_NUMBER.pattern + r"([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = re.compile(
    _DATE.pattern + r"(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
    r"(Z|([-+])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)


class Refused(Exception):
    """The file is none of the table's."""


def read(content: bytes, schema: TableSchema) -> list[dict[str, Any]]:
    """The rows, or `Refused`."""
    try:
        text = content.decode()
        found = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(str(error)) from None
    if not found or sorted(found[0]) != sorted(schema.column_names):
        raise Refused("header")
    types = {column.name: column.type for column in schema.columns}
    if any(len(row) != len(found[0]) for row in found):
        raise Refused("width")
    return [
        {name: value(cell, types[name]) for name, cell in zip(found[0], row, strict=True)}
        for row in found[1:]
    ]


def value(text: str, spelled: str) -> Any:
    """What a field is as a value of a type, or `Refused`."""
    kind, *numbers = re.findall(r"[a-z]+|[0-9]+", spelled)
    return _READERS[kind](text, *map(int, numbers)) if text else None


def _text(text: str, length: int = 0) -> str:
    return _if(not length or len(text) <= length, text)


def _integer(bits: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(_matched(_INTEGER, text.strip(" \t"))[0])
        return _if(-(2 ** (bits - 1)) <= number < 2 ** (bits - 1), number)

    return read


def _decimal(text: str, precision: int, scale: int) -> Decimal:
    plain = _matched(_NUMBER, text.strip(" \t"))[0]
    digits = re.sub("[-+.]", "", re.sub("^([-+]?)0+(?=[0-9])", r"\1", plain))
    number = Decimal(plain)
    exact = number.scaleb(scale, Context(prec=200))
    whole = exact == exact.to_integral_value(context=Context(prec=200))
    return _if(len(digits) <= 38 and whole and -(10**precision) < exact < 10**precision, number)


def _double(text: str) -> float:
    trimmed = text.strip(" \t")
    if _WORD.fullmatch(trimmed):
        return float(trimmed)
    number = float(_matched(_FLOAT, trimmed)[0])
    return _if(math.isfinite(number), number)


def _float(text: str) -> float:
    try:
        (number,) = struct.unpack("<f", struct.pack("<f", _double(text)))
    except OverflowError:
        raise Refused(text) from None
    return float(number)


def _boolean(text: str) -> bool:
    return _if(text in _BOOLEANS, _BOOLEANS.get(text, False))


def _date(text: str) -> date:
    return _day(*_matched(_DATE, text).groups())


def _timestamp(text: str) -> datetime:
    found = _matched(_TIMESTAMP, text)
    day = _day(*found.groups()[:3])
    hour, minute, second = (int(part or 0) for part in found.groups()[3:6])
    sign, ahead_hours, ahead_minutes = found[9], int(found[10] or 0), int(found[11] or 0)
    _if(hour < 24 and minute < 60 and second < 60 and ahead_hours < 24 and ahead_minutes < 60, 0)
    ahead = timedelta(hours=ahead_hours, minutes=ahead_minutes) * (-1 if sign == "-" else 1)
    fraction = int((found[7] or "0").ljust(6, "0"))
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second, fraction) - ahead
    except OverflowError:
        raise Refused(text) from None


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Refused(f"{year}-{month}-{day}") from None


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if not found:
        raise Refused(text)
    return found


def _if(condition: bool, result: _T) -> _T:
    if not condition:
        raise Refused(str(result))
    return result


_READERS: dict[str, Callable[..., Any]] = {
    **{kind: _integer(bits) for kind, bits in _BITS.items()},
    **dict.fromkeys(("string", "char", "varchar"), _text),
    "float": _float,
    "double": _double,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
