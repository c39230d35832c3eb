from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from ingestion_testing.bad_files import LARGE_AND_BAD, SCHEMA, long_rows

LANDING, DATA = pipeline.SETTINGS["LANDING_BUCKET"], pipeline.SETTINGS["DATA_BUCKET"]
GOOD = b"day,highest\n2024-01-31,11.5\n"
BROKEN = b"day,highest\n2024-01-31,11.5\n2024-01-32,warm\n"


def event(file: DataFile) -> dict[str, Any]:
    """EventBridge's event of that file in the landing zone."""
    created: dict[str, Any] = sample(__file__, "landed_file")
    created["detail"]["object"]["key"] = file.key
    return created


class TestLandingToRaw(LambdaContract):
    layout = "lambdas.landing_to_raw/image"
    # The large file takes seconds, and ten times as long where the machine has other work.
    timeout_seconds = 200
    environment = pipeline.SETTINGS
    refusals = (
        Refusal({}, error="BadEvent", says="detail"),
        Refusal({"detail": {"bucket": {"name": LANDING}}}, error="BadEvent", says="object"),
    )

    @pytest.fixture(scope="class", autouse=True)
    def s3(self, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            samples.register(samples.metadata("hostile"), {"daily": SCHEMA})
            yield client

    @pytest.fixture
    def landed(self, s3: Any) -> DataFile:
        """A file of its own for each test; its content is `GOOD` unless the test writes other."""
        file = DataFile.new("weather", 1, "daily", samples.MOMENT)
        s3.put_object(Bucket=LANDING, Key=file.key, Body=GOOD)
        return file

    def test_a_good_file_moves_to_raw(self, function: Function, s3: Any, landed: DataFile) -> None:
        raw = landed.moved_to(Area.RAW).key
        answer = function.invoke(event(landed))
        assert answer.payload == {"outcome": "raw", "key": raw}
        assert content(s3, DATA, raw) == GOOD
        assert content(s3, LANDING, landed.key) is None

    def test_a_broken_file_moves_to_fail_with_its_reason(
        self, function: Function, s3: Any, landed: DataFile
    ) -> None:
        s3.put_object(Bucket=LANDING, Key=landed.key, Body=BROKEN)
        fail = landed.moved_to(Area.FAIL)
        answer = function.invoke(event(landed))
        assert answer.payload == {"outcome": "fail", "key": fail.key}
        assert content(s3, DATA, fail.key) == BROKEN
        assert content(s3, LANDING, landed.key) is None
        reason = json.loads(content(s3, DATA, landed.reason_key) or b"null")
        assert {problem["line"] for problem in reason["problems"]} == {3}
        assert {problem["column"] for problem in reason["problems"]} == {"day", "highest"}

    def test_a_second_delivery_changes_nothing(
        self, function: Function, s3: Any, landed: DataFile
    ) -> None:
        raw = function.invoke(event(landed)).payload["key"]
        assert function.invoke(event(landed)).payload == {"outcome": "moved_before", "key": raw}
        assert content(s3, DATA, raw) == GOOD

    def test_a_key_outside_the_landing_zone_is_ignored(self, function: Function) -> None:
        answer = function.invoke(samples.object_created(LANDING, "elsewhere/x.csv"))
        assert answer.payload == {"outcome": "ignored", "key": "elsewhere/x.csv"}

    def test_a_file_is_never_whole_in_memory(
        self, function: Function, s3: Any, landed: DataFile
    ) -> None:
        # 192 MB, and 240 MB as Arrow's columns. In blocks the peak levels off at 300 to 350 MB, of
        # which 115 MB are Python with pyarrow; how far Arrow reads ahead varies.
        body = b"day,highest\n" + b"2024-01-31,11.5\n" * 12_000_000
        s3.put_object(Bucket=LANDING, Key=landed.key, Body=body)
        answer = function.invoke(event(landed))
        assert answer.payload["outcome"] == "raw"
        assert function.peak_memory() < 420_000_000

    @pytest.mark.parametrize("name", [*LARGE_AND_BAD, "long rows"])
    def test_a_large_bad_file_is_refused_in_512_mb(
        self, name: str, function: Function, s3: Any
    ) -> None:
        landed = DataFile.new("hostile", 1, "daily", samples.MOMENT)
        body = LARGE_AND_BAD.get(name) or long_rows(200_000_000)
        s3.put_object(Bucket=LANDING, Key=landed.key, Body=body)
        answer = function.invoke(event(landed))
        assert answer.payload == {"outcome": "fail", "key": landed.moved_to(Area.FAIL).key}
        assert content(s3, LANDING, landed.key) is None
        reason = json.loads(content(s3, DATA, landed.reason_key) or b"null")
        assert reason["problems"]
        assert "fault of the service" not in reason["problems"][0]["message"]
        assert function.peak_memory() < 512 * 1024 * 1024


def content(s3: Any, bucket: str, key: str) -> bytes | None:
    """The object's bytes; None when there is none."""
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
