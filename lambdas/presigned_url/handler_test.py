from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from presigned_url.handler import handler

from ingestion.names import Area, DataFile
from ingestion.operations import LARGEST_UPLOAD
from ingestion_testing import imports, samples
from ingestion_testing.fixtures import Context

CONTENT = b"day,highest\n2024-01-31,9.5\n"
MD5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()


def ask(
    context: Context,
    body: Any = None,
    method: str = "POST",
    product: str = "weather",
    table: str = "daily",
) -> tuple[int, Any]:
    upload = {"contentMd5": MD5, "contentLength": len(CONTENT)} if body is None else body
    event = samples.api_request(method, json.dumps(upload), product=product, table=table)
    answer = handler(event, context)
    return answer["statusCode"], json.loads(answer["body"])


def conditions(form: dict[str, Any]) -> tuple[datetime, list[Any]]:
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    return datetime.fromisoformat(policy["expiration"]), policy["conditions"]


def test_the_form_is_for_one_file_in_the_landing_zone(s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    status, form = ask(context)
    file = DataFile.parse(form["key"])
    assert status == 200
    assert (file.area, file.product, file.major, file.table) == (
        Area.LANDING,
        "weather",
        1,
        "daily",
    )
    assert form["url"] == "https://landing-bucket.s3.eu-west-2.amazonaws.com/"
    assert form["fields"]["key"] == form["key"]
    assert form["expiresIn"] == 300


def test_its_conditions_fix_content_size_place_encryption_and_time(
    s3: Any, context: Context
) -> None:
    samples.register(samples.metadata())
    _, form = ask(context)
    expires, found = conditions(form)
    prefix = form["key"].rsplit("/", 1)[0] + "/"
    for condition in (
        {"Content-MD5": MD5},
        {"x-amz-server-side-encryption": "AES256"},
        {"key": form["key"]},
        {"bucket": "landing-bucket"},
        ["starts-with", "$key", prefix],
        ["content-length-range", len(CONTENT), len(CONTENT)],
    ):
        assert condition in found
    left = expires - datetime.now(UTC)
    assert timedelta(seconds=290) < left <= timedelta(seconds=300)


def test_two_uploads_never_meet(s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    assert ask(context)[1]["key"] != ask(context)[1]["key"]


def test_the_upload_goes_to_the_newest_major_version(s3: Any, context: Context) -> None:
    for version in ("v9.0", "v10.1"):
        samples.register(samples.metadata(version=version))
    assert DataFile.parse(ask(context)[1]["key"]).major == 10


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "contentMd5: Field required; contentLength: Field required"),
        ({"contentMd5": "abc", "contentLength": 1}, "contentMd5: must be the base64 form"),
        ({"contentMd5": "é", "contentLength": 1}, "contentMd5: must be the base64 form"),
        ({"contentMd5": MD5, "contentLength": 0}, "contentLength: "),
        ({"contentMd5": MD5, "contentLength": "1"}, "contentLength: "),
        ({"contentMd5": MD5, "contentLength": LARGEST_UPLOAD + 1}, "contentLength: "),
        ({"contentMd5": MD5, "contentLength": 1, "acl": "public-read"}, "acl: "),
    ],
)
def test_a_wrong_body_is_refused(body: Any, message: str, s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    status, answer = ask(context, body)
    assert (status, answer["error"]["code"]) == (400, "BadRequest")
    assert answer["error"]["message"].startswith(message)


def test_an_unknown_product_or_table_is_not_found(s3: Any, context: Context) -> None:
    samples.register(samples.metadata())
    for product, table, message in (
        ("climate", "daily", "data product climate is not registered"),
        ("weather", "hourly", "table hourly has no schema in weather v1.0"),
    ):
        status, answer = ask(context, product=product, table=table)
        assert status == 404
        assert answer == {"error": {"message": message, "code": "NotFound"}}


def test_a_wrong_name_or_method_is_refused(s3: Any, context: Context) -> None:
    assert ask(context, product="Weather")[0] == 400
    assert ask(context, table="../daily")[0] == 400
    assert ask(context, method="GET")[0] == 405


def test_a_fault_is_answered_with_its_request_id(
    s3: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("METADATA_BUCKET")
    status, answer = ask(context)
    assert status == 500
    assert "request-1" in answer["error"]["message"]
    assert "METADATA" not in answer["error"]["message"]


def test_credentials_and_the_form_are_not_logged(
    s3: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    _, form = ask(context)
    output = "".join(capsys.readouterr())
    assert "UploadsPresigned" in output
    assert form["fields"]["x-amz-signature"] not in output
    assert "sesame" not in output


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("presigned_url.handler") & {"pyarrow", "boto3", "requests"}
