"""A CSV stream read by Arrow, cast to a table's exact types. Quick, but it does not say where."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingestion import csv_rows
from ingestion.arrow_schema import to_arrow
from ingestion.column_types import ColumnType
from ingestion.schemas import TableSchema

_TRUE = ["true", "True", "TRUE", "1"]
_FALSE = ["false", "False", "FALSE", "0"]


class BadBlock(Exception):
    """Some row after the first `rows` ones cannot be read or cast."""

    def __init__(self, rows: int, cause: str) -> None:
        super().__init__(cause)
        self.rows = rows


def batches(
    head: bytes, rest: BinaryIO, fields: int, schema: TableSchema
) -> Iterator[pa.RecordBatch]:
    """The rows of a CSV whose first bytes were read already and that has so many fields a row.

    Columns that it lacks are null. `BadBlock` when a row cannot be read or cast.
    """
    rows = 0
    held: pa.RecordBatch | None = None
    for batch in _read(_Replay(head, rest, fields), schema):
        if held:
            yield held
            rows += held.num_rows
        held = batch
    if not held or any(column[-1].is_valid for column in held.columns):
        raise BadBlock(rows, "a quote is not closed")
    yield held.slice(0, held.num_rows - 1)


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
        parts: list[bytes] = []
        while size and self._streams:
            part = self._streams[0].read(size)
            if not part:
                del self._streams[0]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _read(stream: _Replay, schema: TableSchema) -> Iterator[pa.RecordBatch]:
    rows = 0
    try:
        with pa_csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=pa_csv.ReadOptions(block_size=csv_rows.LONGEST_ROW),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=_convert_options(schema),
        ) as reader:
            for batch in reader:
                yield _finished(batch, schema)
                rows += batch.num_rows
    except pa.ArrowInvalid as error:
        raise BadBlock(rows, str(error)) from None


def _convert_options(schema: TableSchema) -> pa_csv.ConvertOptions:
    return pa_csv.ConvertOptions(
        column_types={field.name: _read_type(field.type) for field in to_arrow(schema)},
        include_columns=list(schema.column_names),
        include_missing_columns=True,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        true_values=_TRUE,
        false_values=_FALSE,
    )


def _read_type(arrow_type: pa.DataType) -> pa.DataType:
    """What Arrow's reader casts to: timestamps are cast here, since zones may be mixed."""
    return pa.string() if pa.types.is_timestamp(arrow_type) else arrow_type


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
