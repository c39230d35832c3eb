"""Who may ask, what a refusal says, what is described, and what the catalogue is told."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from ingestion import objects, operations
from ingestion_testing import samples
from pipeline.deployment import CATALOGUE_TOKEN, Pipeline
from pipeline.products import DAILY, METADATA, all_started, done, register, schema, weather

pytestmark = pytest.mark.usefixtures("log")


def test_the_catalogue_is_told_of_each_change(pipeline: Pipeline) -> None:
    weather(pipeline, "told")
    tables = [
        request.body["name"]
        for request in pipeline.catalogue.asked
        if request.path == "/api/v1/tables"
        and request.body["databaseSchema"] == "data_products.told.v1"
    ]
    assert set(tables) == {"daily", "hourly"}
    assert {request.authorization for request in pipeline.catalogue.asked} == {
        f"Bearer {CATALOGUE_TOKEN}"
    }
    pipeline.catalogue.next_statuses[:] = [500]
    told = {**samples.details(), "name": "told", "description": "Changed"}
    assert done(pipeline, "PUT", "/data-product/told", told)["version"] == "v1.2"
    assert pipeline.settle() == [("push_to_catalogue", {"outcome": "failed", "product": "told"})]


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 403)])
def test_who_has_no_token_changes_nothing(
    pipeline: Pipeline, token: str | None, status: int
) -> None:
    body = {**samples.details(), "name": "intruder"}
    assert pipeline.ask("POST", "/data-product/register", body, token).status_code == status
    assert not list(objects.keys(METADATA, "intruder/"))


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("register", {}, 400, "name: "),
        ("Weather/table/daily/schema", {}, 400, "product name 'Weather'"),
        ("nobody/table/daily/schema", None, 400, "body: "),
        ("nobody/table/daily/upload", {"contentMd5": "x", "contentLength": 1}, 400, "contentMd5: "),
        ("errors/table/daily/schema", schema(**DAILY), 409, "use PUT"),
        ("nobody/table/daily/schema", schema(**DAILY), 404, "nobody is not registered"),
    ],
)
def test_a_refusal_says_what_and_why(
    pipeline: Pipeline, path: str, body: Any, status: int, says: str
) -> None:
    if pipeline.ask("GET", "/data-product/errors/table/daily/schema").status_code == 404:
        register(pipeline, "errors", daily=schema(**DAILY))
    answer = pipeline.ask("POST", f"/data-product/{path}", body)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


def test_the_docs_describe_what_is_served(pipeline: Pipeline) -> None:
    document = pipeline.ask("GET", "/docs?format=json", token=None).json()
    validate(document)
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == {(operation.method, operation.path) for operation in operations.ALL}
    page = pipeline.ask("GET", "/docs", token=None)
    assert page.headers["Content-Type"].startswith("text/html")


def test_every_image_given_was_needed(pipeline: Pipeline) -> None:
    """By the tests before. An edit of a lambda runs the tests that have its image."""
    assert all_started(pipeline)
