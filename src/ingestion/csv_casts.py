"""Rows of a CSV read by Arrow and cast to a table's exact types. It does not report where.

Every cell is read as text and cast here, by Arrow's kernels. Where a kernel takes more than the
rules in `csv_files` do (hex, infinity for what is too large, hours without minutes), one look at
all texts of a block, or at their values, shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingestion import csv_rows
from ingestion.arrow_schema import arrow_type, to_arrow
from ingestion.column_types import ColumnType
from ingestion.csv_rows import Bytes
from ingestion.schemas import TableSchema

_TRUE = ("true", "True", "TRUE", "1")
_FALSE = ("false", "False", "FALSE", "0")
_SPACES = " \t"
_MOST_DIGITS = 38
_DAY_MICROSECONDS = 24 * 60 * 60 * 1_000_000
_FIRST_DAY = (date(1, 1, 1) - date(1970, 1, 1)).days
_LAST_DAY = (date(9999, 12, 31) - date(1970, 1, 1)).days
_DATE_LENGTH = len("2024-01-31")
_HOUR_LENGTH = len("2024-01-31 12")


class Caster:
    """Makes batches of a table's types of whole rows under one header."""

    def __init__(self, header: list[str], schema: TableSchema) -> None:
        self.schema = schema
        self._arrow_schema = to_arrow(schema)
        self._types = tuple(column.column_type for column in schema.columns)
        self._reading = pa_csv.ReadOptions(
            column_names=header,
            # More than a block has: rows are never cut, so no newlines need be looked for in them.
            block_size=2 * csv_rows.LONGEST_ROW + 2,
        )
        self._converting = pa_csv.ConvertOptions(
            # Arrow checks the encoding of texts. What else is not ASCII does not cast.
            column_types={
                column.name: pa.string() if is_text(column.column_type) else pa.binary()
                for column in schema.columns
            },
            include_columns=list(schema.column_names),
            include_missing_columns=True,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        )

    def batch(self, data: Bytes) -> pa.RecordBatch:
        """The rows, of which there are some; `ArrowInvalid` when one cannot be read or cast."""
        if data[: len(csv_rows.BOM)] == csv_rows.BOM:
            # It belongs to the first value. Arrow takes one away.
            data = csv_rows.BOM + data
        table = pa_csv.read_csv(
            pa.BufferReader(data), read_options=self._reading, convert_options=self._converting
        )
        columns = [
            cast(texts.combine_chunks(), column_type)
            for texts, column_type in zip(table.columns, self._types, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._arrow_schema)


def is_text(column_type: ColumnType) -> bool:
    """Whether all texts, up to a length, are values of the type."""
    return column_type.kind in ("string", "char", "varchar")


def cast(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    """The values that texts spell; `ArrowInvalid` when one spells none of this type."""
    if is_text(column_type):
        return _short_enough(texts, column_type)
    return _CASTS.get(column_type.kind, _integers)(texts.view(pa.string()), column_type)


def _short_enough(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    if column_type.length and (pc.max(pc.utf8_length(texts)).as_py() or 0) > column_type.length:
        raise pa.ArrowInvalid(f"a text is longer than {column_type}")
    return texts


def _integers(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    _refuse(texts, b"xX", "hex")
    return _trimmed_cast(texts, arrow_type(column_type))


def _decimals(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    _refuse(texts, b"eE", "an exponent")
    if _longest(texts) > _MOST_DIGITS - column_type.scale:
        texts = pc.utf8_trim(texts, _SPACES)
        texts = pc.replace_substring_regex(texts, r"^([-+]?)0+([0-9])", r"\1\2")
        _refuse_wrapping(texts, column_type)
    return _trimmed_cast(texts, arrow_type(column_type))


def _refuse_wrapping(texts: pa.Array, column_type: ColumnType) -> None:
    """`ArrowInvalid` when a number has so many digits that Arrow would cast it to another one."""
    whole = pc.replace_substring_regex(texts, r"^[-+]?0*([0-9]*)(\..*)?$", r"\1")
    digits = pc.replace_substring_regex(texts, r"[-+.]", "")
    if (
        _longest(whole) > column_type.precision - column_type.scale
        or _longest(digits) > _MOST_DIGITS
    ):
        raise pa.ArrowInvalid(f"a number has more digits than {column_type}")


def _floats(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    values = _trimmed_cast(texts, arrow_type(column_type))
    finite = pc.is_finite(values)
    if not pc.all(finite).as_py() and values.null_count < len(values):
        words = pc.utf8_trim(texts.filter(pc.invert(finite)), _SPACES)
        named = pc.match_substring_regex(words, r"(?i)^([-+]?nan|[-+]?inf|[-+]?infinity)$")
        if not pc.all(named).as_py():
            raise pa.ArrowInvalid(f"a number is out of the range of {column_type}")
    return values


def _booleans(texts: pa.Array, _: ColumnType) -> pa.Array:
    places = pc.index_in(texts, value_set=pa.array(_TRUE + _FALSE))
    if places.null_count != texts.null_count:
        raise pa.ArrowInvalid("a text is no boolean")
    return pc.less(places, len(_TRUE))


def _dates(texts: pa.Array, _: ColumnType) -> pa.Array:
    days = texts.cast(pa.date32())
    _refuse_other_years(days.view(pa.int32()), 1)
    return days


def _timestamps(texts: pa.Array, _: ColumnType) -> pa.Array:
    moments = _moments(texts)
    _refuse_other_years(moments.view(pa.int64()), _DAY_MICROSECONDS)
    return moments


def _moments(texts: pa.Array) -> pa.Array:
    """Timestamps in UTC of texts of which none, all, or some have a zone."""
    lengths = pc.binary_length(texts)
    try:
        moments = texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        after_hour = pc.utf8_slice_codeunits(texts, _HOUR_LENGTH, _HOUR_LENGTH + 1)
        _refuse_hours(pc.and_(pc.greater(lengths, _DATE_LENGTH), pc.not_equal(after_hour, ":")))
        return _zoned(texts, lengths)
    _refuse_hours(pc.equal(lengths, _HOUR_LENGTH))
    return moments


def _refuse_hours(are_hours: pa.Array) -> None:
    if pc.any(are_hours).as_py():
        raise pa.ArrowInvalid("a timestamp has no minutes")


def _zoned(texts: pa.Array, lengths: pa.Array) -> pa.Array:
    try:
        return texts.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        zoned = pc.match_substring_regex(texts, r"[0-9](Z|[+-][0-9]{2}(:?[0-9]{2})?)$")
    # A date alone ends like a zone: "2024-01-31".
    zoned = pc.and_(zoned, pc.greater(lengths, _DATE_LENGTH))
    nothing = pa.scalar(None, pa.string())
    in_zone = pc.if_else(zoned, texts, nothing).cast(pa.timestamp("us", "UTC"))
    without = pc.if_else(zoned, nothing, texts).cast(pa.timestamp("us"))
    return pc.coalesce(in_zone.cast(pa.timestamp("us")), without)


_CASTS: dict[str, Callable[[pa.Array, ColumnType], pa.Array]] = {
    "decimal": _decimals,
    "float": _floats,
    "double": _floats,
    "boolean": _booleans,
    "date": _dates,
    "timestamp": _timestamps,
}


def _trimmed_cast(texts: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        return texts.cast(target)
    except pa.ArrowInvalid:
        return pc.utf8_trim(texts, _SPACES).cast(target)


def _refuse(texts: pa.Array, characters: bytes, what: str) -> None:
    """`ArrowInvalid` when any text has one of these ASCII characters."""
    _, offsets, data = texts.buffers()
    if data is None:
        return
    ends = memoryview(offsets).cast("i")
    start, end = ends[texts.offset], ends[texts.offset + len(texts)]
    everything = data[start:end].to_pybytes()
    if any(bytes([character]) in everything for character in characters):
        raise pa.ArrowInvalid(f"a number is written with {what}")


def _refuse_other_years(values: pa.Array, a_day: int) -> None:
    extremes = pc.min_max(values).as_py()
    if extremes["min"] is not None and not (
        _FIRST_DAY * a_day <= extremes["min"] and extremes["max"] < (_LAST_DAY + 1) * a_day
    ):
        raise pa.ArrowInvalid("a year is not from 1 to 9999")


def _longest(texts: pa.Array) -> int:
    return int(pc.max(pc.binary_length(texts)).as_py() or 0)
