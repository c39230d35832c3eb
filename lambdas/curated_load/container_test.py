from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from data import large_csv

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion import catalogue, objects
from ingestion.names import Area, DataFile
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


def event(file: DataFile) -> dict[str, Any]:
    """EventBridge's event of that raw file."""
    created: dict[str, Any] = sample(__file__, "raw_file")
    created["detail"]["object"]["key"] = file.key
    return created


class TestCuratedLoad(LambdaContract):
    layout = "lambdas.curated_load/image"
    # The large file takes seconds, and ten times as long where the machine has other work.
    timeout_seconds = 200
    environment = pipeline.SETTINGS
    refusals = (
        Refusal({}, error="BadEvent", says="detail"),
        Refusal({"detail": {"bucket": {"name": DATA}}}, error="BadEvent", says="object"),
    )

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def s3(cls, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(
                samples.metadata(schemas=("daily", "large")), {"large": large_csv.SCHEMA}
            )
            yield client

    def raw(self, content: bytes, table: str = "daily") -> DataFile:
        """A raw file of its own for each test."""
        file = DataFile.new("weather", 1, table, samples.MOMENT).moved_to(Area.RAW)
        objects.write(DATA, file.key, content, "text/csv")
        return file

    def test_a_file_becomes_a_partition_once(self, function: Function) -> None:
        file = self.raw(b"day,highest\n2024-01-31,9.5\n2024-02-01,\n")
        curated = file.moved_to(Area.CURATED)
        assert function.invoke(event(file)).payload == {"outcome": "loaded", "key": curated.key}
        found = objects.read(DATA, curated.key)
        assert found
        assert pq.read_table(io.BytesIO(found[0])).num_rows == 2
        assert file.load_timestamp in catalogue.partitions("weather_v1", "daily")
        again = function.invoke(event(file))
        assert again.payload == {"outcome": "loaded_before", "key": curated.key}

    def test_a_row_that_does_not_fit_is_refused(self, function: Function) -> None:
        file = self.raw(b"day,highest\n2024-01-31,warm\n")
        answer = function.invoke(event(file))
        assert answer.payload == {"outcome": "refused", "key": file.key}
        assert objects.info(DATA, file.moved_to(Area.CURATED).key) is None
        assert objects.info(DATA, file.reason_key)

    def test_another_key_is_ignored(self, function: Function) -> None:
        answer = function.invoke(samples.object_created(DATA, "elsewhere/x.csv"))
        assert answer.payload == {"outcome": "ignored", "key": "elsewhere/x.csv"}

    def test_a_file_is_never_whole_in_memory(self, function: Function) -> None:
        # 200 MB, which read and written at once take 600 MB.
        content = io.BytesIO()
        rows = large_csv.write(content, 200_000_000)
        file = self.raw(content.getvalue(), "large")
        answer = function.invoke(event(file))
        assert answer.payload["outcome"] == "loaded"
        found = objects.info(DATA, file.moved_to(Area.CURATED).key)
        assert found
        assert pq.ParquetFile(objects.ObjectFile(found)).metadata.num_rows == rows
        assert function.peak_memory() < 450_000_000
