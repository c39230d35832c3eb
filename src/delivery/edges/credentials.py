"""What opens a registry: ECR's tokens, or what `docker login` left, exchanged for bearer ones."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import boto3
import requests

from delivery.core.errors import RegistryError
from delivery.edges.aws import explained

_ECR = re.compile(r"[0-9]{12}\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')


class Authorization:
    """The `Authorization` header for one registry."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._header = ""

    def header(self) -> str:
        """What was accepted before, or nothing."""
        return self._header

    def answer(self, challenge: Mapping[str, str], session: requests.Session) -> str:
        """The header that answers a 401. Raises `RegistryError` when nothing is known."""
        wanted = challenge.get("WWW-Authenticate", "")
        basic = self._basic()
        if wanted.lower().startswith("bearer"):
            self._header = f"Bearer {self._token(wanted, basic, session)}"
        elif basic:
            self._header = f"Basic {basic}"
        else:
            raise RegistryError(f"{self._host} wants a login: run `docker login {self._host}`.")
        return self._header

    def _token(self, challenge: str, basic: str, session: requests.Session) -> str:
        asked = dict(_PARAMETER.findall(challenge))
        realm = asked.pop("realm", "")
        headers = {"Authorization": f"Basic {basic}"} if basic else {}
        answer = session.get(realm, params=asked, headers=headers, timeout=30)
        if answer.status_code != 200:
            raise RegistryError(f"{self._host} gives no token ({answer.status_code} at {realm}).")
        found = answer.json()
        return str(found.get("token") or found.get("access_token"))

    def _basic(self) -> str:
        ecr = _ECR.fullmatch(self._host)
        if ecr:
            with explained(f"ECR gives no token for {self._host}"):
                client = boto3.client("ecr", region_name=ecr["region"])
                data = client.get_authorization_token()["authorizationData"]
            return str(data[0]["authorizationToken"])
        return _of_docker(self._host)


def _of_docker(host: str) -> str:
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return ""
    helper = config.get("credHelpers", {}).get(host) or config.get("credsStore")
    if helper:
        return _of_helper(helper, host)
    return str(config.get("auths", {}).get(host, {}).get("auth", ""))


def _of_helper(helper: str, host: str) -> str:
    command = [f"docker-credential-{helper}", "get"]
    try:
        asked = subprocess.run(
            command, input=host, capture_output=True, text=True, check=True, timeout=30
        )
        found = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return base64.b64encode(f"{found['Username']}:{found['Secret']}".encode()).decode()
