"""AWS's limits over moto: lengths, ranges and patterns of requests, by botocore's service models.

moto takes what AWS refuses, such as a column's description of two lines. Each AWS of a test is made
with them: `strict_aws` in this process, `containers.aws` over HTTP. The model of S3 has next to no
limits in it, so those of its user guide stand here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
from moto import mock_aws
from moto.core.responses import BaseResponse
from moto.glue.responses import GlueResponse
from moto.s3.responses import S3Response
from moto.secretsmanager.responses import SecretsManagerResponse

LARGEST_ANSWER = 6 * 1024 * 1024
"""Bytes that Lambda takes as the answer of a function that is waited for."""

LARGEST_EVENT = 256 * 1024
"""Bytes of an event that Lambda takes for a function that is not waited for."""

LONGEST_KEY = 1024
"""Bytes of an S3 object's key."""

LARGEST_METADATA = 2 * 1024
"""Bytes of all names and values of an S3 object's own metadata."""

LARGEST_PUT = 5 * 1024**3
"""Bytes that S3 takes, or copies, in one request."""

MOST_DELETED = 1000
"""Objects that S3 deletes in one request."""

_METADATA = "x-amz-meta-"

# Java's spelling of all characters beyond the first 65,536, as two halves.
_JAVA_REST = r"\uD800\uDC00-\uDBFF\uDFFF"
_REST = r"\U00010000-\U0010FFFF"


def refusals(service: str, operation: str, request: dict[str, Any]) -> tuple[str, ...]:
    """What AWS refuses in a request, as it is said in botocore's model of the service."""
    model = _model(service).operation_model(operation)
    return tuple(_of_value(request, model.input_shape, operation))


@contextmanager
def strict_aws() -> Iterator[None]:
    """An AWS in this process, empty at first, with AWS's limits."""
    with mock_aws(), enforced():
        yield


@contextmanager
def enforced() -> Iterator[None]:
    """Within the block moto refuses such requests, by the errors that AWS gives."""
    with (
        patch.object(GlueResponse, "call_action", _checked("glue")),
        patch.object(SecretsManagerResponse, "call_action", _checked("secretsmanager")),
        patch.object(S3Response, "_key_response", _checked_s3(S3Response._key_response)),
        patch.object(S3Response, "_bucket_response", _checked_s3(S3Response._bucket_response)),
    ):
        yield


def _checked_s3(respond: Callable[..., Any]) -> Callable[..., Any]:
    def checked(response: S3Response, request: Any, full_url: str) -> Any:
        code = _s3_refusal(response, request)
        if not code:
            return respond(response, request, full_url)
        body = f"<Error><Code>{code}</Code><Message>beyond a limit of S3</Message></Error>"
        return 400, {"Content-Type": "application/xml"}, body

    return checked


def _s3_refusal(response: S3Response, request: Any) -> str | None:
    """The code of S3's error; None when the request is within its limits."""
    headers = {name.lower(): value for name, value in dict(request.headers).items()}
    own = {name: value for name, value in headers.items() if name.startswith(_METADATA)}
    if len((response.parse_key_name() or "").encode()) > LONGEST_KEY:
        return "KeyTooLongError"
    if sum(len(name) - len(_METADATA) + len(value) for name, value in own.items()) > (
        LARGEST_METADATA
    ):
        return "MetadataTooLarge"
    if int(headers.get("content-length") or 0) > LARGEST_PUT:
        return "EntityTooLarge"
    source = headers.get("x-amz-copy-source")
    if source and _size_of(response, source) > LARGEST_PUT:
        return "InvalidRequest"
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    if "delete" in query and response.body.count(b"<Key>") > MOST_DELETED:
        return "MalformedXML"
    return None


def _size_of(response: S3Response, source: str) -> int:
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    found = response.backend.get_object(bucket, key)
    return found.size if found else 0


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
