"""Credentials for registries, as `docker login` and its credential helpers keep them.

Source: Docker's documentation of `config.json` (`auths`, `credHelpers`, `credsStore`) and of the
credential helper protocol.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import read_json

_HELPER_SECONDS = 30
# The user name that a helper gives when its secret is an identity token (a refresh token).
_TOKEN_USER = "<token>"


class CredentialsError(OciError):
    """Docker's configuration, or a credential helper that it names, cannot be used."""


@dataclass(frozen=True)
class Credentials:
    """A user and password, or an identity token to be exchanged for access tokens.

    The secrets are not part of the `repr`, so that no traceback or log shows them.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def config_path(env: Mapping[str, str] = os.environ) -> Path:
    """Docker's configuration file, as its command line finds it."""
    folder = env.get("DOCKER_CONFIG")
    return Path(folder) / "config.json" if folder else Path.home() / ".docker" / "config.json"


def credentials_for(host: str, config: Path) -> Credentials | None:
    """What Docker's configuration holds for the registry `host[:port]`, or None.

    Raises `CredentialsError` for a configuration that cannot be read, or a helper that fails.
    """
    if not config.is_file():
        return None
    try:
        document = read_json(config.read_bytes(), str(config))
    except OSError as error:
        raise CredentialsError(f"cannot read {config}: {error.strerror}") from error
    helper = document.get("credHelpers", {}).get(host) or document.get("credsStore")
    if helper:
        found = _from_helper(helper, host)
        if found:
            return found
    entry = document.get("auths", {}).get(host) or document.get("auths", {}).get(f"https://{host}")
    return _from_entry(entry, f"{config}: auths[{host!r}]") if entry else None


def _from_entry(entry: Mapping[str, Any], where: str) -> Credentials | None:
    if entry.get("identitytoken"):
        return Credentials(identity_token=entry["identitytoken"])
    if entry.get("auth"):
        try:
            decoded = base64.b64decode(entry["auth"], validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise CredentialsError(
                f"{where}.auth is not base64. Run `docker login` again."
            ) from error
        username, _, password = decoded.partition(":")
        return Credentials(username, password.rstrip("\0"))
    if entry.get("username"):
        return Credentials(entry["username"], entry.get("password", ""))
    return None


def _from_helper(helper: str, host: str) -> Credentials | None:
    program = f"docker-credential-{helper}"
    try:
        run = subprocess.run(
            [program, "get"],
            input=host,
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise CredentialsError(
            f"{program} is not on PATH, and Docker's configuration names it for {host}. "
            f"Install it, or run `docker login {host}`."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise CredentialsError(f"{program} did not answer within {_HELPER_SECONDS} s") from error
    if run.returncode != 0:
        # The protocol says "not found" on standard output, as a text.
        if "credentials not found" in run.stdout + run.stderr:
            return None
        raise CredentialsError(f"{program} failed for {host}: {(run.stderr or run.stdout).strip()}")
    try:
        answer = json.loads(run.stdout)
        username, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError) as error:
        # Not shown: it may hold the secret.
        raise CredentialsError(
            f"{program} gave an answer for {host} that is no credential"
        ) from error
    if username == _TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username, secret)
