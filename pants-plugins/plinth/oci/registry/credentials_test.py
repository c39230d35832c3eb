from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from plinth.oci.errors import OciError
from plinth.oci.registry.credentials import (
    Credentials,
    CredentialsError,
    config_path,
    credentials_for,
)

HOST = "registry.example"


def config(folder: Path, **content: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return path


def helper(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "docker-credential-toy"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_no_configuration_is_no_credentials(tmp_path: Path) -> None:
    assert credentials_for(HOST, tmp_path / "config.json") is None
    assert credentials_for(HOST, config(tmp_path)) is None
    assert credentials_for(HOST, config(tmp_path, auths={"other.example": {}})) is None
    assert credentials_for(HOST, config(tmp_path, auths={HOST: {}})) is None


def test_a_login(tmp_path: Path) -> None:
    path = config(tmp_path, auths={HOST: {"auth": encoded("ana:pass:word")}})
    assert credentials_for(HOST, path) == Credentials("ana", "pass:word")


def test_an_identity_token_goes_before_a_password(tmp_path: Path) -> None:
    path = config(tmp_path, auths={HOST: {"auth": encoded("ana:"), "identitytoken": "t"}})
    assert credentials_for(HOST, path) == Credentials(identity_token="t")


def test_a_login_under_the_registry_s_address(tmp_path: Path) -> None:
    path = config(tmp_path, auths={f"https://{HOST}": {"auth": encoded("ana:secret")}})
    assert credentials_for(HOST, path) == Credentials("ana", "secret")


def test_the_header() -> None:
    assert Credentials("ana", "secret").basic == "Basic YW5hOnNlY3JldA=="


def test_no_secret_in_a_traceback() -> None:
    shown = repr(Credentials("ana", "pass-word", "to-ken"))
    assert "pass-word" not in shown
    assert "to-ken" not in shown


@pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
def test_a_helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    script = f'[ "$1 $(cat)" = "get {HOST}" ] && echo \'{{"Username":"ana","Secret":"s"}}\''
    helper(tmp_path, script, monkeypatch)
    path = config(tmp_path, **{key: {HOST: "toy"} if key == "credHelpers" else "toy"})
    assert credentials_for(HOST, path) == Credentials("ana", "s")


def test_a_helper_s_identity_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, 'echo \'{"Username":"<token>","Secret":"s"}\'', monkeypatch)
    assert credentials_for(HOST, config(tmp_path, credsStore="toy")) == Credentials(
        identity_token="s"
    )


def test_a_helper_that_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, "echo credentials not found in native keychain; exit 1", monkeypatch)
    assert credentials_for(HOST, config(tmp_path, credsStore="toy")) is None


def test_a_helper_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, "echo the keychain is locked >&2; exit 1", monkeypatch)
    with pytest.raises(CredentialsError, match="docker-credential-toy.*the keychain is locked"):
        credentials_for(HOST, config(tmp_path, credsStore="toy"))


def test_a_helper_s_bad_answer_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, "echo hunter2", monkeypatch)
    with pytest.raises(CredentialsError, match="no credential") as error:
        credentials_for(HOST, config(tmp_path, credsStore="toy"))
    assert "hunter2" not in str(error.value)


def test_a_helper_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        CredentialsError, match=f"docker-credential-toy is not on PATH.*login {HOST}"
    ):
        credentials_for(HOST, config(tmp_path, credsStore="toy"))


def test_a_login_that_is_no_base64(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="docker login"):
        credentials_for(HOST, config(tmp_path, auths={HOST: {"auth": "%"}}))


def test_a_configuration_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(OciError, match="config.json is not JSON"):
        credentials_for(HOST, tmp_path / "config.json")


def test_where_the_configuration_stands() -> None:
    assert config_path({"DOCKER_CONFIG": "/etc/docker"}) == Path("/etc/docker/config.json")
    assert config_path({}) == Path.home() / ".docker" / "config.json"
