from __future__ import annotations

import pyarrow as pa
import pytest

from ingestion.arrow_schema import arrow_type
from ingestion.column_types import ColumnType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tinyint", pa.int8()),
        ("smallint", pa.int16()),
        ("int", pa.int32()),
        ("bigint", pa.int64()),
        ("float", pa.float32()),
        ("double", pa.float64()),
        ("decimal(10,2)", pa.decimal128(10, 2)),
        ("char(3)", pa.string()),
        ("varchar(3)", pa.string()),
        ("string", pa.string()),
        ("boolean", pa.bool_()),
        ("date", pa.date32()),
        ("timestamp", pa.timestamp("us")),
    ],
)
def test_each_type_has_its_arrow_type(text: str, expected: pa.DataType) -> None:
    assert arrow_type(ColumnType.parse(text)) == expected
