"""What opens a registry: ECR's token by moto, docker's logins, and a bearer's exchange."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from moto import mock_aws

from delivery.core.errors import RegistryError
from delivery.edges.credentials import Authorization

ECR = "123456789012.dkr.ecr.eu-west-2.amazonaws.com"
BASIC = {"WWW-Authenticate": 'Basic realm="registry"'}
BEARER = {
    "WWW-Authenticate": 'Bearer realm="https://auth.test/token",service="r",scope="repository:a:pull"'
}


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.usefixtures("aws")
def test_ecr_is_opened_by_its_token_and_no_docker_login() -> None:
    header = Authorization(ECR).answer(BASIC, requests.Session())
    scheme, _, token = header.partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(token).decode().startswith("AWS:")


def test_another_registry_is_opened_by_what_docker_login_left(docker_config: Path) -> None:
    login = {"auths": {"registry.test": {"auth": encoded("me:secret")}}}
    (docker_config / "config.json").write_text(json.dumps(login))
    authorization = Authorization("registry.test")
    assert authorization.header() == ""
    assert authorization.answer(BASIC, requests.Session()) == f"Basic {encoded('me:secret')}"
    assert authorization.header() == f"Basic {encoded('me:secret')}"


def test_a_login_is_exchanged_for_a_bearer_token(
    docker_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"auths": {"registry.test": {"auth": encoded("me:secret")}}}
    (docker_config / "config.json").write_text(json.dumps(login))
    asked: dict[str, Any] = {}

    def get(self: Any, url: str, **more: Any) -> requests.Response:
        asked.update(more, url=url)
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"token": "t"}'
        return answer

    monkeypatch.setattr(requests.Session, "get", get)
    assert Authorization("registry.test").answer(BEARER, requests.Session()) == "Bearer t"
    assert asked["url"] == "https://auth.test/token"
    assert asked["params"] == {"service": "r", "scope": "repository:a:pull"}
    assert asked["headers"] == {"Authorization": f"Basic {encoded('me:secret')}"}


def test_without_a_login_the_next_command_is_named() -> None:
    with pytest.raises(RegistryError, match="docker login registry.test"):
        Authorization("registry.test").answer(BASIC, requests.Session())
