"""What API Gateway does: it authorizes a request and hands its event to the route's lambda."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from containers.answer import Answer
from ingestion import operations
from ingestion_testing.http_server import serving

Invoke = Callable[[str, dict[str, Any]], Answer]
"""Invokes the lambda of this name with this event."""

AUTHORIZER = "authorizer"
_STAGE = "arn:aws:execute-api:eu-west-2:123456789012:api/v1"


@dataclass(frozen=True)
class Route:
    """A method of a path, and the lambda that serves it; a `public` one is for everybody."""

    method: str
    path: str
    function: str
    public: bool = False


@dataclass(frozen=True)
class Api:
    """Routes, and the lambda that lets callers in."""

    routes: tuple[Route, ...]
    authorizer: str


OPERATIONS = Api(
    tuple(Route(each.method, each.path, each.function, each.is_public) for each in operations.ALL),
    AUTHORIZER,
)
"""The API as the library describes it, whatever a template makes of it."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; its path with the query."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str
    headers: Mapping[str, str]


@contextmanager
def gateway(invoke: Invoke, api: Api = OPERATIONS, port: int = 0) -> Iterator[str]:
    """The address of the API, on loopback, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            reply = answer(Request(self.command, self.path, dict(self.headers), body), invoke, api)
            content = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler, port) as url:
        yield url


def answer(request: Request, invoke: Invoke, api: Api = OPERATIONS) -> Reply:
    """The lambda's own answer, or API Gateway's when it does not come to that."""
    routed = routed_to(request.method, request.path, api)
    if not routed:
        return _message(403, "Missing Authentication Token")
    route, parameters = routed
    refusal = None if route.public else _unauthorized(request, invoke, api.authorizer)
    if refusal:
        return refusal
    payload = invoke(route.function, _event(request, route, parameters)).payload
    if not isinstance(payload, dict) or "statusCode" not in payload:
        return _message(502, "Internal server error")
    return Reply(payload["statusCode"], payload["body"], payload["headers"])


def routed_to(method: str, path: str, api: Api = OPERATIONS) -> tuple[Route, dict[str, str]] | None:
    """The route that serves this, and the parameters in its path; words before parameters."""
    for route in sorted(api.routes, key=lambda route: "{" in route.path):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.path)
        match = re.fullmatch(pattern, path)
        if match and route.method == method:
            return route, {name: unquote(text) for name, text in match.groupdict().items()}
    return None


def _unauthorized(request: Request, invoke: Invoke, authorizer: str) -> Reply | None:
    """The refusal; None for those whom the authorizer allows."""
    event = {
        "type": "TOKEN",
        "authorizationToken": request.headers.get("Authorization", ""),
        "methodArn": f"{_STAGE}/{request.method}{request.path}",
    }
    answer = invoke(authorizer, event)
    if answer.error:
        told = answer.payload["errorMessage"]
        return _message(401, told) if told == "Unauthorized" else _message(500, "Internal error")
    (statement,) = answer.payload["policyDocument"]["Statement"]
    return None if statement["Effect"] == "Allow" else _message(403, "User is not authorized")


def _event(request: Request, route: Route, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resource": route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "queryStringParameters": dict(parse_qsl(urlsplit(request.url).query)) or None,
        "pathParameters": dict(parameters) or None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": route.path,
            "httpMethod": request.method,
            "stage": "v1",
        },
        "body": request.body or None,
        "isBase64Encoded": False,
    }


def _message(status: int, text: str) -> Reply:
    return Reply(status, json.dumps({"message": text}), {"Content-Type": "application/json"})
