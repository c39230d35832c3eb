"""A bucket's policy, as S3 asks it before anything else: a `Deny` that fits ends the request.

By S3's user guide, in our words: a statement fits when its action, its resource and each of its
conditions do. `Null` is true for a condition key that the request lacks, `Bool` compares;
`s3:if-none-match` is the header, `aws:SecureTransport` whether TLS is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

_DENIED = b"<Error><Code>AccessDenied</Code><Message>by the bucket's policy</Message></Error>"
_OF_AN_OBJECT = {"GET": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}


@contextmanager
def door() -> Iterator[None]:
    """Policies of buckets hold, until the block ends."""
    original = BotocoreStubber.__call__

    def answer(self: Any, event_name: str, request: Any, **named: Any) -> Any:
        if self.enabled and ".s3." in event_name and _is_denied(request):
            return AWSResponse(request.url, 403, {}, MockRawResponse(_DENIED))
        return original(self, event_name, request, **named)

    with (
        patch.object(BotocoreStubber, "__call__", answer),
        patch.object(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL),
    ):
        yield


def _is_denied(request: Any) -> bool:
    url = urlsplit(request.url)
    name, key = url.netloc.partition(".s3.")[0], unquote(url.path.lstrip("/"))
    bucket = next((b[name] for b in _buckets() if name in b), None)
    if bucket is None or not bucket.policy:
        return False
    action = _OF_AN_OBJECT.get(request.method, "s3:GetObject") if key else "s3:ListBucket"
    if action == "s3:DeleteObject" and "versionId=" in url.query:
        action = "s3:DeleteObjectVersion"
    resource = f"arn:aws:s3:::{name}/{key}" if key else f"arn:aws:s3:::{name}"
    context = {"aws:SecureTransport": str(url.scheme == "https").lower()}
    if "If-None-Match" in request.headers:
        context["s3:if-none-match"] = request.headers["If-None-Match"]
    statements = json.loads(bucket.policy)["Statement"]
    return any(_fits(each, action, resource, context) for each in statements)


def _buckets() -> Iterator[dict[str, FakeBucket]]:
    for regions in get_backend("s3").values():
        for backend in regions.values():
            yield backend.buckets


def _fits(statement: Any, action: str, resource: str, context: dict[str, str]) -> bool:
    if statement["Effect"] != "Deny" or statement["Principal"] != "*":
        raise NotImplementedError(statement)
    return (
        any(fnmatchcase(action, each) for each in _listed(statement["Action"]))
        and any(fnmatchcase(resource, each) for each in _listed(statement["Resource"]))
        and all(
            _holds(operator, key, value, context)
            for operator, values in statement.get("Condition", {}).items()
            for key, value in values.items()
        )
    )


def _holds(operator: str, key: str, value: str, context: dict[str, str]) -> bool:
    if operator == "Null":
        return (key not in context) == (value == "true")
    if operator == "Bool":
        return context.get(key) == value
    raise NotImplementedError(operator)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
