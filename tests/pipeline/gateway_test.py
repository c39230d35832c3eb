from __future__ import annotations

import json
from typing import Any

import pytest

from containers.answer import Answer
from pipeline.gateway import AUTHORIZER, Request, answer, routed_to

ALLOW = {"policyDocument": {"Statement": [{"Effect": "Allow"}]}}
DENY = {"policyDocument": {"Statement": [{"Effect": "Deny"}]}}
GOOD = {"statusCode": 200, "headers": {"A": "b"}, "body": "{}"}


@pytest.mark.parametrize(
    ("method", "path", "name", "parameters"),
    [
        ("POST", "/data-product/register", "create_metadata", {}),
        ("PUT", "/data-product/weather", "update_metadata", {"product": "weather"}),
        (
            "GET",
            "/data-product/a%20b/table/daily/preview",
            "preview_data",
            {"product": "a b", "table": "daily"},
        ),
    ],
)
def test_a_request_goes_to_its_operation(
    method: str, path: str, name: str, parameters: dict[str, str]
) -> None:
    found = routed_to(method, path)
    assert found
    assert (found[0].function, found[1]) == (name, parameters)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("PATCH", "/docs"), ("GET", "/data-product/a/b/c")]
)
def test_no_operation_serves_another_path(method: str, path: str) -> None:
    assert routed_to(method, path) is None


def asked(method: str, url: str, authorizer: Any, function: Any) -> tuple[int, list[Any]]:
    """The status of the reply, and the events that the lambda got."""
    events: list[Any] = []

    def invoke(name: str, event: dict[str, Any]) -> Answer:
        if name == AUTHORIZER:
            return Answer(authorizer)
        events.append(event)
        return Answer(function)

    return answer(Request(method, url, {"Authorization": "t"}, ""), invoke).status, events


def test_the_lambda_gets_api_gateways_event() -> None:
    status, (event,) = asked("GET", "/data-product/a/table/b/preview?rows=3", ALLOW, GOOD)
    assert status == 200
    assert event["pathParameters"] == {"product": "a", "table": "b"}
    assert event["queryStringParameters"] == {"rows": "3"}
    assert event["resource"] == "/data-product/{product}/table/{table}/preview"
    assert event["body"] is None
    assert json.dumps(event)


@pytest.mark.parametrize(
    ("authorizer", "status"),
    [
        (DENY, 403),
        ({"errorMessage": "Unauthorized", "errorType": "Exception"}, 401),
        ({"errorMessage": "empty", "errorType": "EmptySecret"}, 500),
    ],
)
def test_who_is_not_allowed_does_not_reach_the_lambda(authorizer: Any, status: int) -> None:
    assert asked("DELETE", "/data-product/a", authorizer, GOOD) == (status, [])


def test_the_documentation_is_for_everybody() -> None:
    assert asked("GET", "/docs", DENY, GOOD)[0] == 200


@pytest.mark.parametrize("function", [None, {"errorMessage": "x", "errorType": "Y"}])
def test_a_lambda_that_fails_is_a_bad_gateway(function: Any) -> None:
    assert asked("DELETE", "/data-product/a", ALLOW, function)[0] == 502
