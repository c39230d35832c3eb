from __future__ import annotations

import pytest

from ingestion import aws


def test_a_client_is_made_once(environment: None) -> None:
    assert aws.client("s3") is aws.client("s3")


def test_a_presigned_form_goes_to_the_regions_own_host(environment: None) -> None:
    form = aws.client("s3").generate_presigned_post(Bucket="bucket", Key="key")
    assert form["url"] == "https://bucket.s3.eu-west-2.amazonaws.com/"


def test_a_local_endpoint_is_used(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5555")
    form = aws.client("s3").generate_presigned_post(Bucket="bucket", Key="key")
    assert form["url"] == "http://localhost:5555/bucket"
