"""Allows or denies API calls by a shared secret: an API Gateway token authorizer.

The event is AWS's: `{"type": "TOKEN", "authorizationToken": ..., "methodArn": ...}`. The token is
the secret's value, with or without `Bearer ` before it, in any case. The answer is an IAM policy
that allows or denies all of the API's stage, since API Gateway caches it for the token and not for
the method.

A missing token is `Unauthorized` (API Gateway answers 401), a wrong one a deny policy (403). A
malformed event, or a secret that cannot be read or is empty, is an error (500), never an allow.
"""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from typing import Any

from ingestion import aws, observability, settings
from ingestion.errors import BadEvent, IngestionError, Refused

SECRET_SECONDS = 30
"""How long a secret is used before it is read again: a rotation takes at most this long.

API Gateway keeps an answer as long again, if it is set up as docs/pipeline.md says.
"""

_METHOD_ARN = re.compile(r"(arn:[^:]+:execute-api:[^:]*:[^:]*:[^/:]+/[^/]+)/.+")
_BEARER = re.compile("bearer +", re.IGNORECASE)
_PRINCIPAL = "data-producer"


class EmptySecret(IngestionError):
    """The secret has no value, so nobody may be allowed by it."""


@dataclass(frozen=True)
class _Secret:
    value: bytes
    until: float


_secrets: dict[str, _Secret] = {}


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An IAM policy that allows or denies the caller."""
    stage = _stage_arn(event)
    token = _token(event)
    allowed = hmac.compare_digest(token.encode(), _secret())
    observability.count("CallsAllowed" if allowed else "CallsDenied")
    return _policy("Allow" if allowed else "Deny", f"{stage}/*")


def _stage_arn(event: dict[str, Any]) -> str:
    match = _METHOD_ARN.fullmatch(str(event.get("methodArn")))
    if event.get("type") != "TOKEN" or not match:
        raise BadEvent(
            "not a token authorizer's event: type must be TOKEN, methodArn a method's ARN"
        )
    return match[1]


def _token(event: dict[str, Any]) -> str:
    token = str(event.get("authorizationToken") or "")
    bearer = _BEARER.match(token)
    token = token[bearer.end() :] if bearer else token
    if not token:
        raise Refused("Unauthorized")
    return token


def _secret() -> bytes:
    secret_id = settings.authorizer_secret_id()
    cached = _secrets.get(secret_id)
    if not cached or cached.until <= time.monotonic():
        cached = _Secret(_read_secret(secret_id), time.monotonic() + SECRET_SECONDS)
        _secrets[secret_id] = cached
    return cached.value


def _read_secret(secret_id: str) -> bytes:
    value = str(aws.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])
    if not value:
        raise EmptySecret(f"secret {secret_id} is empty; set it to a long random text")
    return value.encode()


def _policy(effect: str, resource: str) -> dict[str, Any]:
    return {
        "principalId": _PRINCIPAL,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
    }
