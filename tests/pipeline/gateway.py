"""What API Gateway does: it authorizes a request and hands its event to the operation's lambda."""

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
from ingestion.operations import Operation
from ingestion_testing.http_server import serving

Invoke = Callable[[str, dict[str, Any]], Answer]
"""Invokes the lambda of this name with this event."""

AUTHORIZER = "authorizer"
_STAGE = "arn:aws:execute-api:eu-west-2:123456789012:api/v1"


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
def gateway(invoke: Invoke) -> Iterator[str]:
    """The address of the API, on loopback, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            reply = answer(Request(self.command, self.path, dict(self.headers), body), invoke)
            content = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as url:
        yield url


def answer(request: Request, invoke: Invoke) -> Reply:
    """The lambda's own answer, or API Gateway's when it does not come to that."""
    routed = route(request.method, request.path)
    if not routed:
        return _message(403, "Missing Authentication Token")
    operation, parameters = routed
    refusal = None if operation.is_public else _unauthorized(request, invoke)
    if refusal:
        return refusal
    payload = invoke(operation.function, _event(request, operation, parameters)).payload
    if not isinstance(payload, dict) or "statusCode" not in payload:
        return _message(502, "Internal server error")
    return Reply(payload["statusCode"], payload["body"], payload["headers"])


def route(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that serves this, and the parameters in its path; words before parameters."""
    for operation in sorted(operations.ALL, key=lambda operation: "{" in operation.path):
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)
        match = re.fullmatch(pattern, path)
        if match and operation.method == method:
            return operation, {name: unquote(text) for name, text in match.groupdict().items()}
    return None


def _unauthorized(request: Request, invoke: Invoke) -> Reply | None:
    """The refusal; None for those whom the authorizer allows."""
    event = {
        "type": "TOKEN",
        "authorizationToken": request.headers.get("Authorization", ""),
        "methodArn": f"{_STAGE}/{request.method}{request.path}",
    }
    answer = invoke(AUTHORIZER, event)
    if answer.error:
        told = answer.payload["errorMessage"]
        return _message(401, told) if told == "Unauthorized" else _message(500, "Internal error")
    (statement,) = answer.payload["policyDocument"]["Statement"]
    return None if statement["Effect"] == "Allow" else _message(403, "User is not authorized")


def _event(request: Request, operation: Operation, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resource": operation.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "queryStringParameters": dict(parse_qsl(urlsplit(request.url).query)) or None,
        "pathParameters": dict(parameters) or None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": operation.path,
            "httpMethod": request.method,
            "stage": "v1",
        },
        "body": request.body or None,
        "isBase64Encoded": False,
    }


def _message(status: int, text: str) -> Reply:
    return Reply(status, json.dumps({"message": text}), {"Content-Type": "application/json"})
