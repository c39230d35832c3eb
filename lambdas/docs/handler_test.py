from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from docs.handler import handler
from docs.openapi import document
from docs.page import page
from openapi_spec_validator import validate

from ingestion import operations
from ingestion_testing import imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import Context


def get(query: dict[str, str] | None = None) -> dict[str, Any]:
    event = {**samples.api_request("GET"), "queryStringParameters": query}
    return handler(event, Context())


def test_the_document_is_valid_openapi(environment: None) -> None:
    answer = get({"format": "json"})
    assert answer["headers"]["Content-Type"] == "application/json"
    found = json.loads(answer["body"])
    assert found["openapi"] == "3.1.0"
    validate(found)


def test_every_operation_is_described_as_it_is_served() -> None:
    paths = document()["paths"]
    described = {
        (path, method.upper(), operation["operationId"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert described == {
        (operation.path, operation.method, operation.name) for operation in operations.ALL
    }


@pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
def test_an_operation_has_its_parameters_body_and_answers(
    operation: operations.Operation,
) -> None:
    described = document()["paths"][operation.path][operation.method.lower()]
    statuses = {str(operation.status), *map(str, operation.also), "500", "400", "405"}
    statuses |= {str(refusal.status) for refusal in operation.refusals}
    assert set(described["responses"]) == statuses
    assert ("requestBody" in described) == (operation.body is not None)
    in_path = {part["name"] for part in described.get("parameters", []) if part["in"] == "path"}
    assert in_path == {
        name for name in ("product", "table", "upload") if f"{{{name}}}" in operation.path
    }


def test_a_bodys_schema_is_the_models_own() -> None:
    schemas = document()["components"]["schemas"]
    details = schemas["ProductDetails"]
    assert set(details["required"]) == set(samples.details())
    assert details["additionalProperties"] is False
    upload = schemas["UploadRequest"]["properties"]["contentLength"]
    assert (upload["minimum"], upload["maximum"]) == (1, 5 * 1024**3)


class Page(HTMLParser):
    """What a browser would make of a page: its tags, targets and links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_every_operation_and_document(environment: None) -> None:
    answer = get()
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]
    shown = Page(answer["body"])
    assert shown.open == []
    assert len(shown.ids) == len(set(shown.ids))
    assert {operation.name for operation in operations.ALL} <= set(shown.ids)
    assert set(document()["components"]["schemas"]) <= set(shown.ids)


def test_the_page_needs_nothing_from_elsewhere(environment: None) -> None:
    shown = Page(get()["body"])
    assert not shown.tags & {"script", "img", "link", "iframe"}
    assert all(link == "?format=json" or link[1:] in shown.ids for link in shown.links)


def test_the_pages_texts_are_escaped() -> None:
    bad = "<script>alert('x')</script>"
    text = page(
        {
            "info": {"title": bad, "description": bad},
            "paths": {
                bad: {
                    "get": {
                        "operationId": bad,
                        "summary": bad,
                        "responses": {bad: {"description": bad, "content": {bad: {"schema": {}}}}},
                    }
                }
            },
            "components": {"schemas": {bad: {"description": bad}}},
        }
    )
    assert "<script>" not in text


def test_a_wrong_parameter_or_method_is_refused(environment: None) -> None:
    assert refusal(call(handler, "GET", query={"format": "xml"}))[:2] == (400, "BadRequest")
    assert refusal(call(handler, "POST"))[:2] == (405, "MethodNotAllowed")


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("docs.handler") & {"pyarrow", "boto3", "requests"}
