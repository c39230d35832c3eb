"""The column types that a table schema may use: Glue's names, one spelling each."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIMPLE_TYPES = (
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "string",
    "boolean",
    "date",
    "timestamp",
)
INTEGER_TYPES = ("tinyint", "smallint", "int", "bigint")

_DECIMAL_DIGITS = 38
_LONGEST = {"char": 255, "varchar": 65535}
_DECIMAL = re.compile(r"decimal\((0|[1-9][0-9]?),(0|[1-9][0-9]?)\)")
_TEXT = re.compile(r"(char|varchar)\(([1-9][0-9]{0,4})\)")


@dataclass(frozen=True)
class ColumnType:
    """A column's type: its kind, and if it has them precision and scale, or the longest length."""

    kind: str
    precision: int = 0
    scale: int = 0
    length: int = 0

    @classmethod
    def parse(cls, text: str) -> ColumnType:
        """The type that this text spells; `ValueError` says what the valid spellings are."""
        if text in SIMPLE_TYPES:
            return cls(text)
        if match := _DECIMAL.fullmatch(text):
            return _decimal(text, int(match[1]), int(match[2]))
        if match := _TEXT.fullmatch(text):
            return _text(text, match[1], int(match[2]))
        raise ValueError(
            f"{text[:40]!r} is no column type; use one of {', '.join(SIMPLE_TYPES)}, "
            "decimal(p,s), char(n), varchar(n), in small letters and without spaces"
        )

    def __str__(self) -> str:
        if self.kind == "decimal":
            return f"decimal({self.precision},{self.scale})"
        return f"{self.kind}({self.length})" if self.length else self.kind


def _decimal(text: str, precision: int, scale: int) -> ColumnType:
    if not 1 <= precision <= _DECIMAL_DIGITS or scale > precision:
        raise ValueError(
            f"{text!r}: the precision must be 1 to {_DECIMAL_DIGITS}, the scale at most that"
        )
    return ColumnType("decimal", precision=precision, scale=scale)


def _text(text: str, kind: str, length: int) -> ColumnType:
    if length > _LONGEST[kind]:
        raise ValueError(f"{text!r}: the length must be 1 to {_LONGEST[kind]}")
    return ColumnType(kind, length=length)
