"""A raw CSV file made one Parquet file of its load, in bounded memory and whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import csv_files, loads, objects
from ingestion.arrow_schema import to_arrow
from ingestion.names import Area, DataFile
from ingestion.objects import ObjectInfo, ObjectWriter
from ingestion.schemas import TableSchema

ROW_GROUP_BYTES = 32 * 1024 * 1024
"""Of a row group in Arrow's form. Two of them are in memory: one is read, one is written."""

SOURCE_ETAG = "source-etag"
"""In the Parquet object's metadata: the ETag of the CSV file that it was made of."""

_BUFFER_BYTES = 1024 * 1024


def open_csv(source: ObjectInfo) -> BinaryIO:
    """The object as a stream that is read in large steps."""
    return io.BufferedReader(objects.ObjectStream(source), _BUFFER_BYTES)


def write(source: ObjectInfo, schema: TableSchema, bucket: str, file: DataFile) -> int:
    """Writes the Parquet form of a raw file and gives its number of rows.

    A column that the file lacks is null: it was added to the schema after the file was checked.
    `csv_files.BadCsv` when a row does not fit; then, as after a crash, there is no new object.
    """
    key = file.moved_to(Area.CURATED).key
    batches = csv_files.batches(partial(open_csv, source), schema, optional=schema.column_names)
    known = {name: source.metadata[name] for name in (loads.ROWS,) if name in source.metadata}
    with ObjectWriter(bucket, key, {SOURCE_ETAG: source.etag, **known}) as target:
        return _write_parquet(batches, to_arrow(schema), target)


def is_made_of(curated: ObjectInfo | None, source: ObjectInfo) -> bool:
    """Whether the Parquet object exists and is this very CSV object's."""
    return curated is not None and curated.metadata.get(SOURCE_ETAG) == source.etag


def _write_parquet(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, target: io.RawIOBase
) -> int:
    rows = 0
    # One row group is encoded and sent while the next one is read: Arrow and S3 do without the GIL.
    with (
        pq.ParquetWriter(pa.PythonFile(target, mode="w"), schema) as writer,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="parquet") as encoder,
    ):
        writing: Future[Any] = encoder.submit(lambda: None)
        for group in _row_groups(batches):
            writing.result()
            writing = encoder.submit(writer.write_table, group, row_group_size=group.num_rows)
            rows += group.num_rows
        writing.result()
    return rows


def _row_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, size = [], 0
    if size:
        yield pa.Table.from_batches(held)


def first_rows(source: ObjectInfo, columns: tuple[str, ...], count: int) -> pa.Table:
    """The first rows of a Parquet object, of these of its columns that it has."""
    with pq.ParquetFile(pa.PythonFile(objects.ObjectFile(source), mode="r")) as parquet:
        there = [name for name in columns if name in parquet.schema_arrow.names]
        if parquet.num_row_groups == 0:
            return parquet.schema_arrow.empty_table().select(there)
        return parquet.read_row_group(0, columns=there).slice(0, count)
