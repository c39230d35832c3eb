from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from containers import pipeline
from containers.aws import Aws
from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function
from ingestion_testing import samples

CSV = b"day,highest\n2024-01-31,11.5\n"
LANDING = pipeline.SETTINGS["LANDING_BUCKET"]


def event(content: bytes = CSV, table: str = "daily", **changes: Any) -> dict[str, Any]:
    """API Gateway's event for an upload of these bytes."""
    body = {
        "contentMd5": base64.b64encode(hashlib.md5(content).digest()).decode(),
        "contentLength": len(content),
    }
    return {
        **sample(__file__, "upload"),
        "pathParameters": {"product": "weather", "table": table},
        "body": json.dumps(body),
        **changes,
    }


class TestPresignedUrl(LambdaContract):
    layout = "lambdas.presigned_url/image"
    environment = pipeline.SETTINGS
    refusals = (
        Refusal(event(body="{}"), status=400, says="contentMd5"),
        Refusal(event(body="not JSON"), status=400, says="body"),
        Refusal(event(table="Daily"), status=400, says="Daily"),
        Refusal(event(table="hourly"), status=404, says="hourly"),
        Refusal(event(httpMethod="GET"), status=405, says="GET"),
    )

    @pytest.fixture(scope="class", autouse=True)
    def s3(self, aws: Aws) -> Iterator[Any]:
        with pipeline.buckets(aws) as client:
            samples.register(samples.metadata())
            yield client

    def upload(self, function: Function, content: bytes = CSV) -> dict[str, Any]:
        answer = function.invoke(event(content))
        assert answer.status == 200, answer
        upload: dict[str, Any] = answer.body
        return upload

    def test_s3_takes_the_upload(self, function: Function, s3: Any) -> None:
        upload = self.upload(function)
        posted = requests.post(
            upload["url"], data=upload["fields"], files={"file": CSV}, timeout=10
        )
        assert posted.ok, posted.text
        stored = s3.get_object(Bucket=LANDING, Key=upload["key"])
        assert stored["Body"].read() == CSV
        assert upload["key"].startswith("landing/weather/v1/daily/load_timestamp=")

    def test_it_is_for_this_content_and_five_minutes(self, function: Function) -> None:
        before = datetime.now(UTC)
        upload = self.upload(function)
        policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
        assert ["content-length-range", len(CSV), len(CSV)] in policy["conditions"]
        assert {"Content-MD5": upload["fields"]["Content-MD5"]} in policy["conditions"]
        expires = datetime.fromisoformat(policy["expiration"])
        assert timedelta(minutes=4) < expires - before < timedelta(minutes=5, seconds=5)

    def test_every_upload_has_a_key_of_its_own(self, function: Function) -> None:
        assert self.upload(function)["key"] != self.upload(function)["key"]
