from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import csv_rows, curated, objects
from ingestion.names import Area
from ingestion.problems import BadCsv
from ingestion.schemas import TableSchema
from ingestion_testing import samples
from ingestion_testing.fixtures import DATA

FILE = samples.file(Area.RAW)
TARGET = FILE.moved_to(Area.CURATED)


def source(s3: Any, content: str) -> objects.ObjectInfo:
    s3.put_object(Bucket=DATA, Key=FILE.key, Body=content.encode())
    found = objects.info(DATA, FILE.key)
    assert found
    return found


def parquet(s3: Any) -> pq.ParquetFile:
    return pq.ParquetFile(io.BytesIO(s3.get_object(Bucket=DATA, Key=TARGET.key)["Body"].read()))


def write(s3: Any, content: str, schema: TableSchema) -> int:
    return curated.write(source(s3, content), schema, DATA, FILE)


def test_a_csv_becomes_parquet_of_the_schemas_types(s3: Any) -> None:
    schema = samples.schema(a="timestamp", b="decimal(4,1)", c="varchar(3)", d="tinyint")
    assert write(s3, "d,c,b,a\n1,x,1.5,2024-01-01T00:00Z\n,,,\n", schema) == 2
    table = parquet(s3).read()
    assert table.schema.types == [pa.timestamp("us"), pa.decimal128(4, 1), pa.string(), pa.int8()]
    assert table.column_names == ["a", "b", "c", "d"]
    assert table.num_rows == 2
    assert [row.as_py() for row in table["c"]] == ["x", None]


def test_the_object_says_what_it_was_made_of_and_is_encrypted(s3: Any) -> None:
    made_of = source(s3, "a\n1\n")
    curated.write(made_of, samples.schema(a="int"), DATA, FILE)
    written = objects.info(DATA, TARGET.key)
    assert curated.is_made_of(written, made_of)
    assert not curated.is_made_of(written, source(s3, "a\n2\n"))
    assert not curated.is_made_of(None, made_of)
    assert s3.head_object(Bucket=DATA, Key=TARGET.key)["ServerSideEncryption"] == "AES256"


def test_a_file_without_rows_is_a_load_of_none(s3: Any) -> None:
    assert write(s3, "a\n", samples.schema(a="int")) == 0
    assert parquet(s3).read().num_rows == 0
    assert parquet(s3).schema_arrow.names == ["a"]


def test_a_column_that_was_added_later_is_null(s3: Any) -> None:
    write(s3, "a\n1\n", samples.schema(a="int", b="string"))
    assert parquet(s3).read().to_pylist() == [{"a": 1, "b": None}]


def test_a_bad_row_late_in_the_file_leaves_nothing(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    monkeypatch.setattr(curated, "ROW_GROUP_BYTES", 1000)
    monkeypatch.setattr(objects, "_PART_BYTES", 1000)
    rows = "".join(f"{number}\n" for number in range(10_000))
    with pytest.raises(BadCsv, match="line 10002, column a: 'x' is no int"):
        write(s3, f"a\n{rows}x\n", samples.schema(a="int"))
    assert objects.info(DATA, TARGET.key) is None
    assert not s3.list_multipart_uploads(Bucket=DATA).get("Uploads")


def test_row_groups_are_bounded(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    monkeypatch.setattr(curated, "ROW_GROUP_BYTES", 8000)
    count = 10_000
    write(s3, "a\n" + "1234\n" * count, samples.schema(a="int"))
    found = parquet(s3)
    assert found.num_row_groups == 5
    assert found.metadata.num_rows == count


def test_what_fails_to_be_written_is_an_error(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(s3, "put_object", fail)
    made_of = objects.ObjectInfo(DATA, FILE.key, 4, '"e"', samples.MOMENT, {})
    monkeypatch.setattr(curated, "open_csv", lambda _: io.BytesIO(b"a\n1\n"))
    with pytest.raises(OSError, match="no network"):
        curated.write(made_of, samples.schema(a="int"), DATA, FILE)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_row_group_that_fails_to_be_written_leaves_nothing(
    failing: int, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    monkeypatch.setattr(curated, "ROW_GROUP_BYTES", 1000)
    write_table = pq.ParquetWriter.write_table
    groups = iter(range(1, 100))

    def fail(*arguments: Any, **options: Any) -> None:
        if next(groups) == failing:
            raise OSError("no memory")
        write_table(*arguments, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
    with pytest.raises(OSError, match="no memory"):
        write(s3, "a\n" + "1234\n" * 2000, samples.schema(a="int"))
    assert objects.info(DATA, TARGET.key) is None


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_first_rows_are_read(s3: Any, count: int) -> None:
    write(s3, "a,b\n1,x\n2,y\n3,z\n", samples.schema(a="int", b="string"))
    found = objects.info(DATA, TARGET.key)
    assert found
    assert curated.first_rows(found, ("b", "new"), count).to_pylist() == [
        {"b": letter} for letter in "xyz"[:count]
    ]


def test_the_first_rows_of_none_are_none(s3: Any) -> None:
    write(s3, "a\n", samples.schema(a="int"))
    found = objects.info(DATA, TARGET.key)
    assert found
    assert curated.first_rows(found, ("a",), 5).to_pylist() == []
