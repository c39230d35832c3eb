"""AWS's limits over moto: lengths, ranges and patterns of requests, by botocore's service models.

moto takes what AWS refuses, such as a column's description of two lines. Each AWS of a test, in
this process or over HTTP, is made with `enforced`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import botocore.session
from moto.core.responses import BaseResponse
from moto.glue.responses import GlueResponse
from moto.secretsmanager.responses import SecretsManagerResponse

LARGEST_ANSWER = 6 * 1024 * 1024
"""Bytes that Lambda takes as the answer of a function that is waited for."""

LARGEST_EVENT = 256 * 1024
"""Bytes of an event that Lambda takes for a function that is not waited for."""

# Java's spelling of all characters beyond the first 65,536, as two halves.
_JAVA_REST = r"\uD800\uDC00-\uDBFF\uDFFF"
_REST = r"\U00010000-\U0010FFFF"


def refusals(service: str, operation: str, request: dict[str, Any]) -> tuple[str, ...]:
    """What AWS refuses in a request, as it is said in botocore's model of the service."""
    model = _model(service).operation_model(operation)
    return tuple(_of_value(request, model.input_shape, operation))


@contextmanager
def enforced() -> Iterator[None]:
    """Within the block moto answers such requests with `ValidationException`, as AWS does."""
    with (
        patch.object(GlueResponse, "call_action", _checked("glue")),
        patch.object(SecretsManagerResponse, "call_action", _checked("secretsmanager")),
    ):
        yield


def _checked(service: str) -> Callable[[BaseResponse], Any]:
    def call_action(response: BaseResponse) -> Any:
        found = refusals(service, response._get_action(), json.loads(response.body or "{}"))
        if not found:
            return BaseResponse.call_action(response)
        message = f"{len(found)} validation errors detected: {'; '.join(found)}"
        body = json.dumps({"__type": "ValidationException", "message": message})
        return 400, {"status": "400"}, body

    return call_action


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _of_value(value: Any, shape: Any, place: str) -> Iterator[str]:
    if value is None:
        return
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                yield from _of_value(value.get(name), member, f"{place}.{name}")
        case "list":
            yield from _of_size(len(value), shape, place)
            for index, item in enumerate(value):
                yield from _of_value(item, shape.member, f"{place}[{index}]")
        case "map":
            yield from _of_size(len(value), shape, place)
            for key, item in value.items():
                yield from _of_value(key, shape.key, f"{place} key")
                yield from _of_value(item, shape.value, f"{place}[{key}]")
        case "string":
            yield from _of_size(len(value), shape, place)
            pattern = shape.metadata.get("pattern")
            if pattern and not _compiled(pattern).fullmatch(value):
                yield f"{place} must match {pattern}"
        case "integer" | "long" | "float" | "double":
            yield from _of_size(value, shape, place)


def _of_size(size: float, shape: Any, place: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"{place} must be at least {least}, not {size}"
    if most is not None and size > most:
        yield f"{place} must be at most {most}, not {size}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(_JAVA_REST, _REST))
