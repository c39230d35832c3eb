from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from moto import mock_aws

from plinth.oci.format.reference import Repository
from plinth.oci.registry.ecr import Ecr, is_ecr
from plinth.oci.registry.transport import RegistryError

ACCOUNT, REGION = "123456789012", "eu-west-1"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("ecr", region_name=REGION)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HOST, True),
        (f"{ACCOUNT}.dkr.ecr-fips.us-east-1.amazonaws.com", True),
        (f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn", True),
        (f"{HOST}.evil.example", False),
        ("evil.example", False),
        ("127.0.0.1:5000", False),
        (f"1{HOST}", False),
    ],
)
def test_its_hosts(host: str, expected: bool) -> None:
    assert is_ecr(host) == expected


def test_a_login(aws: Any) -> None:
    credentials = Ecr().credentials(HOST)
    assert credentials is not None
    assert credentials.username == "AWS"
    assert credentials.password
    assert credentials.password not in repr(credentials)


def test_other_registries_are_left_to_docker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def never(region: str) -> Any:
        raise AssertionError(region)

    assert Ecr(never).credentials("registry.example") is None
    Ecr(never).prepare(Repository("registry.example", "app"))


class Clock:
    now = 1_000_000.0


class Tokens:
    """Gives `token-1`, `token-2`, …, each for an hour."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.given = 0

    def get_authorization_token(self) -> Any:
        self.given += 1
        token = base64.b64encode(f"AWS:token-{self.given}".encode()).decode()
        end = datetime.fromtimestamp(self.clock.now + 3600, timezone.utc)
        return {"authorizationData": [{"authorizationToken": token, "expiresAt": end}]}


def test_a_token_serves_until_it_runs_out() -> None:
    clock = Clock()
    tokens = Tokens(clock)
    ecr = Ecr(lambda _: tokens, lambda: clock.now)

    def password() -> str:
        found = ecr.credentials(HOST)
        assert found is not None
        return found.password

    assert [password(), password()] == ["token-1", "token-1"]
    clock.now += 3000
    assert password() == "token-1"
    clock.now += 400
    assert password() == "token-2"


def test_a_missing_repository_is_made_with_tags_that_stay(aws: Any) -> None:
    Ecr().prepare(Repository(HOST, "plinth/app"))
    (made,) = aws.describe_repositories()["repositories"]
    assert made["repositoryName"] == "plinth/app"
    assert made["imageTagMutability"] == "IMMUTABLE"


def test_a_repository_that_is_there_stays_as_it_is(aws: Any) -> None:
    aws.create_repository(repositoryName="app")
    Ecr().prepare(Repository(HOST, "app"))
    (there,) = aws.describe_repositories()["repositories"]
    assert there["imageTagMutability"] == "MUTABLE"


def test_who_may_not_is_told_so() -> None:
    class Denied:
        class exceptions:
            RepositoryAlreadyExistsException = KeyError

        def create_repository(self, **_: object) -> None:
            raise PermissionError("not allowed")

        def get_authorization_token(self) -> None:
            raise PermissionError("not allowed")

    ecr = Ecr(lambda _: Denied())
    with pytest.raises(RegistryError, match="ECR in eu-west-1: not allowed.*get-caller-identity"):
        ecr.credentials(HOST)
    with pytest.raises(RegistryError, match="ECR in eu-west-1: not allowed"):
        ecr.prepare(Repository(HOST, "app"))
