"""A table schema's Arrow form. Only lambdas that read or write data import this."""

from __future__ import annotations

import pyarrow as pa

from ingestion.column_types import ColumnType
from ingestion.schemas import Column, TableSchema

_TYPE = b"glue_type"
_DESCRIPTION = b"description"
_TABLE_DESCRIPTION = b"table_description"
_ARROW: dict[str, pa.DataType] = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "char": pa.string(),
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def arrow_type(column_type: ColumnType) -> pa.DataType:
    """The Arrow type that holds a column; a timestamp counts microseconds and is in UTC."""
    if column_type.kind == "decimal":
        return pa.decimal128(column_type.precision, column_type.scale)
    return _ARROW[column_type.kind]


def to_arrow(schema: TableSchema) -> pa.Schema:
    """The Arrow schema; what Arrow has no word for (`varchar(10)`, descriptions) is metadata."""
    return pa.schema(
        [_field(column) for column in schema.columns],
        metadata={_TABLE_DESCRIPTION: schema.table_description.encode()},
    )


def _field(column: Column) -> pa.Field:
    return pa.field(
        column.name,
        arrow_type(column.column_type),
        metadata={_TYPE: column.type.encode(), _DESCRIPTION: column.description.encode()},
    )
