"""Calling API handlers and reading their answers."""

from __future__ import annotations

import json
from typing import Any

from ingestion.observability import Handler
from ingestion_testing import aws_limits, samples
from ingestion_testing.fixtures import Context


def call(
    handler: Handler, method: str, body: Any = None, query: Any = None, **path: str
) -> tuple[int, Any]:
    """The status and the JSON body that a handler answers a request with."""
    text = None if body is None else json.dumps(body)
    event = {**samples.api_request(method, text, **path), "queryStringParameters": query}
    answer = handler(event, Context())
    assert len(json.dumps(answer).encode()) <= aws_limits.LARGEST_ANSWER
    return answer["statusCode"], json.loads(answer["body"])


def refusal(answer: tuple[int, Any]) -> tuple[int, str, str]:
    """The status, code and message of an answer that is an error of the documented form."""
    status, body = answer
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "code"}
    return status, body["error"]["code"], body["error"]["message"]
