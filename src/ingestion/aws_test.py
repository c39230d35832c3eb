from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingestion import aws


@pytest.fixture(autouse=True)
def fresh(environment: None) -> Iterator[None]:
    """Clients made by the settings of each test, and left to no other."""
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


def test_a_client_is_made_once() -> None:
    assert aws.client("s3") is aws.client("s3")


def test_a_presigned_form_goes_to_the_regions_own_host() -> None:
    form = aws.client("s3").generate_presigned_post(Bucket="bucket", Key="key")
    assert form["url"] == "https://bucket.s3.eu-west-2.amazonaws.com/"


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_a_local_endpoint_is_used(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://localhost:5555")
    form = aws.client("s3").generate_presigned_post(Bucket="bucket", Key="key")
    assert form["url"] == "http://localhost:5555/bucket"


def test_one_service_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5555")
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:6666")
    assert aws.client("lambda").meta.endpoint_url == "http://127.0.0.1:6666"
    assert aws.client("glue").meta.endpoint_url == "http://127.0.0.1:5555"


@pytest.mark.parametrize("service", aws.SERVICES)
def test_each_service_has_its_model(service: str) -> None:
    assert aws.client(service).meta.service_model.operation_names
