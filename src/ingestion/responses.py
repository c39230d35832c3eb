"""API Gateway answers: a JSON body, or `{"error": {"message", "code"}}`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ingestion.errors import ApiError, MethodNotAllowed

_JSON_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The proxy integration's answer with this value as its JSON body."""
    return raw_answer(status, json.dumps(body), {**_JSON_HEADERS, **(headers or {})})


def document(status: int, model: BaseModel) -> dict[str, Any]:
    """The proxy integration's answer with this document as its JSON body."""
    return raw_answer(
        status, model.model_dump_json(by_alias=True, exclude_none=True), _JSON_HEADERS
    )


def raw_answer(status: int, body: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The proxy integration's answer with this text as its body."""
    return {
        "statusCode": status,
        "headers": dict(headers),
        "body": body,
        "isBase64Encoded": False,
    }


def error(failure: ApiError) -> dict[str, Any]:
    """The answer that a refusal becomes; its code is the name of the failure."""
    headers = {"Allow": failure.allowed} if isinstance(failure, MethodNotAllowed) else None
    return _error(failure.status, type(failure).__name__, str(failure), headers)


def fault(request_id: str) -> dict[str, Any]:
    """The answer to a fault of ours: nothing of its inside, and the id to find it in the logs."""
    return _error(500, "InternalError", f"internal error; quote request id {request_id}")


def _error(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    return answer(status, {"error": {"message": message, "code": code}}, headers)
