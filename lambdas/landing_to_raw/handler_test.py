from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from landing_to_raw.handler import handler

from ingestion import aws, csv_files, objects
from ingestion.errors import BadEvent
from ingestion.names import Area, DataFile
from ingestion_testing import crash, imports, samples
from ingestion_testing.fixtures import DATA, LANDING, Context

GOOD = b"day,highest\n2024-01-31,9.5\n"
BAD = b"day,highest\n31/01/2024,9.5\n2024-02-01,warm\n"
FILE = samples.file()


def land(s3: Any, content: bytes = GOOD, file: DataFile = FILE) -> dict[str, Any]:
    s3.put_object(Bucket=LANDING, Key=file.key, Body=content)
    return samples.object_created(LANDING, file.key)


def content(bucket: str, key: str) -> bytes | None:
    found = objects.read(bucket, key)
    return found[0] if found else None


def everything(s3: Any) -> dict[str, bytes | None]:
    return {
        key: content(bucket, key) for bucket in (LANDING, DATA) for key in objects.keys(bucket, "")
    }


def metrics(output: str) -> dict[str, list[float]]:
    lines = [json.loads(line) for line in output.splitlines()]
    return {
        name: value
        for line in lines
        if "_aws" in line
        for name, value in line.items()
        if isinstance(value, list)
    }


def test_a_good_file_moves_to_raw(
    s3: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    raw = FILE.moved_to(Area.RAW).key
    assert handler(land(s3), context) == {"outcome": "raw", "key": raw}
    assert everything(s3) == {raw: GOOD}
    assert s3.head_object(Bucket=DATA, Key=raw)["ServerSideEncryption"] == "AES256"
    assert metrics(capsys.readouterr().out) == {"FilesAccepted": [1.0], "RowsChecked": [1.0]}


def test_a_bad_file_moves_to_fail_with_its_reason(
    s3: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    fail = FILE.moved_to(Area.FAIL).key
    assert handler(land(s3, BAD), context) == {"outcome": "fail", "key": fail}
    found = everything(s3)
    reason = found.pop(FILE.reason_key)
    assert found == {fail: BAD}
    assert json.loads(reason or b"") == {
        "file": FILE.key,
        "problems": [
            {"line": 2, "column": "day", "message": "'31/01/2024' is no date"},
            {"line": 3, "column": "highest", "message": "'warm' is no decimal(4,1)"},
        ],
        "complete": True,
    }
    for key in (fail, FILE.reason_key):
        assert s3.head_object(Bucket=DATA, Key=key)["ServerSideEncryption"] == "AES256"
    output = capsys.readouterr().out
    assert metrics(output) == {"FilesFailed": [1.0]}
    assert "warm" not in output


def test_the_schema_is_of_the_major_version_in_the_key(s3: Any, context: Context) -> None:
    another = samples.schema(day="date", lowest="decimal(4,1)")
    samples.register(samples.metadata())
    samples.register(samples.metadata(version="v2.0"), {"daily": another})
    assert handler(land(s3), context)["outcome"] == "raw"


def test_the_schema_is_of_the_newest_minor_version(s3: Any, context: Context) -> None:
    newer = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
    samples.register(samples.metadata())
    samples.register(samples.metadata(version="v1.1"), {"daily": newer})
    wide = b"day,highest,lowest\n2024-01-31,9.5,0.5\n"
    assert handler(land(s3, wide), context)["outcome"] == "raw"


def test_what_was_written_before_a_column_was_added_is_taken(s3: Any, context: Context) -> None:
    newer = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
    samples.register(samples.metadata())
    samples.register(samples.metadata(version="v1.1"), {"daily": newer})
    assert handler(land(s3), context)["outcome"] == "raw"
    without_highest = b"day,lowest\n2024-01-31,9.5\n"
    other = samples.file(load_timestamp="20240201T000000Z")
    assert handler(land(s3, without_highest, other), context)["outcome"] == "fail"


@pytest.mark.parametrize(
    ("registered", "message"),
    [
        (None, "data product weather is not registered"),
        ("v2.0", "data product weather is not registered in major version 1"),
        ("v1.0", "table hourly has no schema in weather v1.0"),
    ],
)
def test_a_file_without_schema_moves_to_fail(
    registered: str | None, message: str, s3: Any, context: Context
) -> None:
    if registered:
        samples.register(samples.metadata(version=registered))
    file = samples.file(table="hourly")
    assert handler(land(s3, GOOD, file), context)["outcome"] == "fail"
    reason = json.loads(content(DATA, file.reason_key) or b"")
    assert [problem["message"] for problem in reason["problems"]] == [message]


@pytest.mark.parametrize(("body", "outcome"), [(GOOD, "raw"), (BAD, "fail"), (b"", "fail")])
def test_a_second_delivery_changes_nothing(
    body: bytes, outcome: str, s3: Any, context: Context
) -> None:
    samples.register(samples.metadata())
    event = land(s3, body)
    first = handler(event, context)
    before = everything(s3)
    assert first["outcome"] == outcome
    assert handler(event, context) == {"outcome": "moved_before", "key": first["key"]}
    assert everything(s3) == before


@pytest.mark.parametrize(("body", "writes"), [(GOOD, 2), (BAD, 3)])
def test_a_crash_at_any_write_is_repaired_by_the_next_delivery(
    body: bytes, writes: int, environment: None
) -> None:
    event = samples.object_created(LANDING, FILE.key)

    def prepare() -> None:
        samples.register(samples.metadata())
        objects.write(LANDING, FILE.key, body, "text/csv")

    def repair() -> None:
        handler(event, Context())
        raw, fail = FILE.moved_to(Area.RAW).key, FILE.moved_to(Area.FAIL).key
        assert list(objects.keys(LANDING, "")) == []
        assert set(objects.keys(DATA, "")) == ({raw} if body == GOOD else {fail, FILE.reason_key})

    assert crash.at_every_write(prepare, lambda: handler(event, Context()), repair) == 2 * writes


def test_a_crash_before_the_deletion_does_not_write_raw_again(
    s3: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.register(samples.metadata())
    event = land(s3)
    source = objects.info(LANDING, FILE.key)
    assert source
    raw = FILE.moved_to(Area.RAW).key
    objects.copy(source, DATA, raw)
    monkeypatch.setattr(aws.client("s3"), "copy_object", None)
    assert handler(event, context) == {"outcome": "moved_before", "key": raw}
    assert everything(s3) == {raw: GOOD}


def test_another_file_at_its_place_in_raw_is_written_over(s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    raw = FILE.moved_to(Area.RAW).key
    # As long as this one, too.
    s3.put_object(Bucket=DATA, Key=raw, Body=GOOD.replace(b"9.5", b"1.5"))
    assert handler(land(s3), context) == {"outcome": "raw", "key": raw}
    assert everything(s3) == {raw: GOOD}


def test_a_file_that_is_nowhere_is_gone(s3: Any, context: Context) -> None:
    event = samples.object_created(LANDING, FILE.key)
    assert handler(event, context) == {"outcome": "gone", "key": FILE.key}


@pytest.mark.parametrize("key", ["landing/a.csv", FILE.moved_to(Area.RAW).key, "x"])
def test_another_key_is_ignored_and_left_where_it_is(key: str, s3: Any, context: Context) -> None:
    s3.put_object(Bucket=LANDING, Key=key, Body=GOOD)
    event = samples.object_created(LANDING, key)
    assert handler(event, context) == {"outcome": "ignored", "key": key}
    assert everything(s3) == {key: GOOD}


def test_an_encoded_key_is_the_same_file(s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    land(s3)
    event = samples.object_created(LANDING, FILE.key.replace("=", "%3D"))
    assert handler(event, context)["outcome"] == "raw"


def test_a_malformed_event_is_an_error(s3: Any, context: Context) -> None:
    with pytest.raises(BadEvent, match="detail"):
        handler({"Records": []}, context)


def test_aws_failing_is_an_error_and_leaves_the_file(
    s3: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.register(samples.metadata())
    event = land(s3)
    monkeypatch.setenv("DATA_BUCKET", "no-such-bucket-of-ours")
    with pytest.raises(ClientError):
        handler(event, context)
    assert content(LANDING, FILE.key) == GOOD


def test_a_file_that_the_check_fails_on_moves_to_fail(
    s3: Any,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def check(*_: Any) -> int:
        raise KeyError("a fault of ours")

    samples.register(samples.metadata())
    event = land(s3)
    monkeypatch.setattr(csv_files, "check", check)
    assert handler(event, context)["outcome"] == "fail"
    reason = json.loads(content(DATA, FILE.reason_key) or b"")
    assert "fault of the service" in reason["problems"][0]["message"]
    assert not reason["complete"]
    output = capsys.readouterr().out
    assert "a fault of ours" in output
    assert '"ChecksFailed"' in output
    assert list(objects.keys(LANDING, "")) == []


def undelivered(event: dict[str, Any], **error: str) -> dict[str, Any]:
    """What Lambda gives an on-failure destination."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": error,
    }


@pytest.mark.parametrize(
    "error",
    [
        {"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"},
        {"errorMessage": "2024-01-31T12:30:00Z 4f2c Task timed out after 900.00 seconds"},
    ],
)
def test_a_file_that_lambda_ended_the_check_of_moves_to_fail(
    error: dict[str, str], s3: Any, context: Context
) -> None:
    samples.register(samples.metadata())
    event = undelivered(land(s3), **error)
    again = undelivered(event, errorType="ClientError")
    assert handler(again, context)["outcome"] == "fail"
    reason = json.loads(content(DATA, FILE.reason_key) or b"")
    assert "ended each time" in reason["problems"][0]["message"]
    assert handler(event, context)["outcome"] == "moved_before"
    assert list(objects.keys(LANDING, "")) == []


def test_a_file_that_aws_failed_on_is_left_for_the_sweep(
    s3: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    event = undelivered(land(s3), errorType="ClientError", errorMessage="SlowDown")
    assert handler(event, context)["outcome"] == "left"
    assert content(LANDING, FILE.key) == GOOD
    assert '"FilesLeft"' in capsys.readouterr().out


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("landing_to_raw.handler") & {"boto3", "requests"}
