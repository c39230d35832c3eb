from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ingestion import responses
from ingestion.api import Request, api
from ingestion.errors import NotFound
from ingestion.operations import Operation, PreviewQuery
from ingestion.schemas import TableSchema
from ingestion_testing import samples
from ingestion_testing.fixtures import Context


def _operation(method: str, path: str = "/here", **more: Any) -> Operation:
    return Operation("under_test", method, path, "summary", answer=TableSchema, **more)


PUT = _operation("PUT", "/here/{product}/{table}")
POST, GET = _operation("POST", status=201), _operation("GET", is_public=True)


@api(PUT)
def echo(request: Request, product: str, table: str) -> dict[str, Any]:
    return responses.answer(200, [product, table, request.query, request.body])


@api(POST)
def parse(request: Request) -> TableSchema:
    return request.parsed(TableSchema)


@api(GET)
def refuse(request: Request) -> dict[str, Any]:
    raise NotFound("no such thing")


@api(GET)
def fault(request: Request) -> dict[str, Any]:
    raise RuntimeError("the inside of it")


def error(answer: dict[str, Any]) -> tuple[int, str, str]:
    found = json.loads(answer["body"])["error"]
    assert set(found) == {"message", "code"}
    return answer["statusCode"], found["code"], found["message"]


def test_a_request_is_read(environment: None, context: Context) -> None:
    event = samples.api_request("PUT", "the body", product="p", table="t")
    event["queryStringParameters"] = {"rows": "3"}
    assert json.loads(echo(event, context)["body"]) == ["p", "t", {"rows": "3"}, "the body"]


def test_a_handler_says_what_it_serves_and_takes() -> None:
    put = {"method": "PUT", "path": PUT.path, "takes": ("product", "table"), "public": False}
    get = {"method": "GET", "path": "/here", "takes": (), "public": True}
    assert [vars(handler)["routes"] for handler in (echo, refuse)] == [(put,), (get,)]


def test_a_base64_body_is_decoded(environment: None, context: Context) -> None:
    body = base64.b64encode("é".encode()).decode()
    event = {**samples.api_request("PUT", body, product="p", table="t"), "isBase64Encoded": True}
    assert json.loads(echo(event, context)["body"])[-1] == "é"


@pytest.mark.parametrize("body", ["no base64!", base64.b64encode(b"\xff").decode()])
def test_a_body_that_is_no_text_is_refused(body: str, environment: None, context: Context) -> None:
    event = {**samples.api_request("PUT", body, product="p", table="t"), "isBase64Encoded": True}
    assert error(echo(event, context)) == (400, "BadRequest", "body: not UTF-8 text")


def test_another_method_is_not_allowed(environment: None, context: Context) -> None:
    answer = echo(samples.api_request("DELETE", product="p", table="t"), context)
    assert error(answer)[:2] == (405, "MethodNotAllowed")
    assert answer["headers"]["Allow"] == "PUT"


@pytest.mark.parametrize("event", [{}, {"httpMethod": "PUT"}])
def test_an_event_of_another_shape_gets_an_answer(
    event: dict[str, Any], environment: None, context: Context
) -> None:
    assert error(echo(event, context))[0] in (400, 405)


def test_a_wrong_name_in_the_path_is_named(environment: None, context: Context) -> None:
    answer = echo(samples.api_request("PUT", product="p", table="T"), context)
    status, code, message = error(answer)
    assert (status, code) == (400, "BadRequest")
    assert message.startswith("table: table name 'T' must start with a-z")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "body: a JSON document is required"),
        ("{", "body: Invalid JSON"),
        ("[]", "body: "),
        ('{"columns": []}', "tableDescription: "),
        (
            '{"tableDescription": "", "columns": [{"name": "a", "type": "number"}]}',
            "columns[0].type: 'number' is no column type",
        ),
        ('{"tableDescription": "", "columns": [], "x": "secret"}', "x: Extra inputs"),
    ],
)
def test_each_wrong_field_of_a_body_is_named(
    body: str | None, message: str, environment: None, context: Context
) -> None:
    status, code, found = error(parse(samples.api_request("POST", body), context))
    assert (status, code) == (400, "BadRequest")
    assert message in found
    assert "secret" not in found


def test_a_refusal_is_answered(environment: None, context: Context) -> None:
    answer = refuse(samples.api_request("GET"), context)
    assert error(answer) == (404, "NotFound", "no such thing")


def test_a_fault_gives_its_request_id_and_is_logged(
    environment: None, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    status, code, message = error(fault(samples.api_request("GET"), context))
    assert (status, code) == (500, "InternalError")
    assert "request-1" in message
    assert "inside" not in message
    assert "the inside of it" in capsys.readouterr().out


@api(GET)
def ask(request: Request) -> dict[str, Any]:
    return responses.answer(200, request.asked(PreviewQuery).model_dump())


def test_a_document_is_answered_with_the_operations_status(
    environment: None, context: Context
) -> None:
    body = samples.schema().to_json().decode()
    answer = parse(samples.api_request("POST", body), context)
    assert answer["statusCode"] == 201
    assert json.loads(answer["body"]) == json.loads(body)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (None, {"rows": 10, "format": "json"}),
        ({"rows": "3", "format": "text"}, {"rows": 3, "format": "text"}),
    ],
)
def test_query_parameters_are_read(
    query: Any, expected: Any, environment: None, context: Context
) -> None:
    event = {**samples.api_request("GET"), "queryStringParameters": query}
    assert json.loads(ask(event, context)["body"]) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"rows": "0"}, "rows"),
        ({"rows": "x"}, "rows"),
        ({"format": "csv"}, "format"),
        ({"x": ""}, "x"),
    ],
)
def test_a_wrong_query_parameter_is_named(
    query: dict[str, str], field: str, environment: None, context: Context
) -> None:
    event = {**samples.api_request("GET"), "queryStringParameters": query}
    status, code, message = error(ask(event, context))
    assert (status, code) == (400, "BadRequest")
    assert message.startswith(f"{field}: ")
