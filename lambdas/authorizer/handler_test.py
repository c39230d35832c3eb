from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from authorizer import handler as authorizer
from authorizer.handler import EmptySecret, handler

from ingestion import aws
from ingestion.errors import BadEvent, MissingSetting
from ingestion_testing import aws_limits, imports
from ingestion_testing.fixtures import Context

SECRET = "a long random text: é"
ARN = "arn:aws:execute-api:eu-west-2:123456789012:a1b2c3/prod/GET/data-product/weather"


def event(token: str = SECRET, **changes: str) -> dict[str, Any]:
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": ARN, **changes}


@pytest.fixture
def secrets(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AUTHORIZER_SECRET_ID", "api-token")
    monkeypatch.setattr(authorizer, "_secrets", {})
    with aws_limits.strict_aws():
        client = aws.client("secretsmanager")
        client.create_secret(Name="api-token", SecretString=SECRET)
        yield client


def effect(answer: dict[str, Any]) -> str:
    (statement,) = answer["policyDocument"]["Statement"]
    return str(statement["Effect"])


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer ", "BEARER  "])
def test_the_secret_is_allowed(prefix: str, secrets: Any, context: Context) -> None:
    assert handler(event(prefix + SECRET), context) == {
        "principalId": "data-producer",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": "arn:aws:execute-api:eu-west-2:123456789012:a1b2c3/prod/*",
                }
            ],
        },
    }


@pytest.mark.parametrize("token", ["wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), " "])
def test_anything_else_is_denied(token: str, secrets: Any, context: Context) -> None:
    assert effect(handler(event(token), context)) == "Deny"


@pytest.mark.parametrize("token", ["", "Bearer "])
def test_no_token_is_unauthorized_and_no_fault(
    token: str, secrets: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        handler(event(token), context)
    output = capsys.readouterr().out
    assert "refused: Unauthorized" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "changes", [{"type": "REQUEST"}, {"methodArn": ""}, {"methodArn": "arn:aws:s3:::bucket/x"}]
)
def test_another_event_is_refused(changes: dict[str, str], secrets: Any, context: Context) -> None:
    with pytest.raises(BadEvent, match="not a token authorizer's event"):
        handler(event(**changes), context)


def test_a_rotated_secret_is_taken_within_the_minute(
    secrets: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("authorizer.handler.time.monotonic", lambda: now)
    assert effect(handler(event(), context)) == "Allow"
    secrets.put_secret_value(SecretId="api-token", SecretString="rotated")
    # API Gateway keeps an answer for as long again.
    assert 2 * authorizer.SECRET_SECONDS <= 60
    now += authorizer.SECRET_SECONDS - 1
    assert effect(handler(event(), context)) == "Allow"
    now += 1
    assert effect(handler(event(), context)) == "Deny"
    assert effect(handler(event("rotated"), context)) == "Allow"


def test_an_empty_secret_allows_nobody(
    secrets: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "get_secret_value", lambda **_: {"SecretString": ""})
    with pytest.raises(EmptySecret):
        handler(event(), context)


def test_an_absent_secret_or_setting_allows_nobody(
    secrets: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTHORIZER_SECRET_ID", "absent")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        handler(event(), context)
    monkeypatch.delenv("AUTHORIZER_SECRET_ID")
    with pytest.raises(MissingSetting, match="AUTHORIZER_SECRET_ID"):
        handler(event(), context)


@pytest.mark.parametrize("token", [SECRET, "a wrong token"])
def test_neither_secret_nor_token_is_logged(
    token: str, secrets: Any, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(event(token), context)
    output = "".join(capsys.readouterr())
    assert "Calls" in output
    assert token not in output
    assert SECRET.encode("unicode_escape").decode() not in output


def test_the_comparison_takes_constant_time(
    secrets: Any, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr("authorizer.handler.hmac.compare_digest", compare_digest)
    assert effect(handler(event(), context)) == "Deny"
    assert compared == [(SECRET.encode(), SECRET.encode())]


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("authorizer.handler") & {
        "pyarrow",
        "pydantic",
        "boto3",
        "requests",
    }
