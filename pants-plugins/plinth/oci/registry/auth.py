"""How a registry lets a client in: its challenge, answered with Docker's credentials or a token.

Source: the distribution project's token authentication specification (`WWW-Authenticate: Bearer`,
the token endpoint, and its OAuth2 form), and RFC 7617 for Basic.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from plinth.oci.format.descriptor import read_json
from plinth.oci.registry.credentials import Credentials
from plinth.oci.registry.transport import RegistryError, Transport, base_url, follow

_CLIENT = "plinth"
_TOKEN_LIMIT = 1 << 20
_PARAMETER = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Challenge:
    """What a registry asks for: `bearer` tokens come from `realm`, for the `scopes`."""

    bearer: bool
    realm: str = ""
    service: str = ""
    scopes: tuple[str, ...] = ()


def parse_challenge(headers: Sequence[str]) -> Challenge | None:
    """The strongest challenge of `WWW-Authenticate` headers that can be met, or None."""
    by_scheme = {header.strip().partition(" ")[0].lower(): header for header in headers}
    if "bearer" in by_scheme:
        found = {
            name.lower(): quoted or plain
            for name, quoted, plain in _PARAMETER.findall(by_scheme["bearer"])
        }
        if found.get("realm"):
            scopes = tuple(found.get("scope", "").split())
            return Challenge(True, found["realm"], found.get("service", ""), scopes)
    return Challenge(False) if "basic" in by_scheme else None


class Authorizer:
    """Answers the challenges of one registry. Credentials are looked up when first needed."""

    def __init__(
        self,
        host: str,
        transport: Transport,
        credentials: Callable[[str], Credentials | None],
    ) -> None:
        self._host = host
        self._transport = transport
        self._credentials = credentials

    def answer(self, headers: Sequence[str]) -> str:
        """The value of an `Authorization` header that meets the challenge in these headers.

        Raises `RegistryError` when it cannot be met.
        """
        challenge = parse_challenge(headers)
        if challenge is None:
            raise RegistryError(
                f"{self._host} asks for a login of an unknown kind: {list(headers)}"
            )
        credentials = self._credentials(self._host)
        if challenge.bearer:
            return "Bearer " + self._token(challenge, credentials)
        if credentials is None or credentials.identity_token:
            raise RegistryError(
                f"{self._host} asks for a user and password. Run `docker login {self._host}`."
            )
        return credentials.basic

    def _token(self, challenge: Challenge, credentials: Credentials | None) -> str:
        realm = follow(base_url(self._host), challenge.realm)
        if credentials and credentials.identity_token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": credentials.identity_token,
                "service": challenge.service,
                "scope": " ".join(challenge.scopes),
                "client_id": _CLIENT,
            }
            body = urllib.parse.urlencode(form).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._ask("POST", realm, headers, body)
        query = [("service", challenge.service)] if challenge.service else []
        query += [("scope", scope) for scope in challenge.scopes]
        separator = "&" if "?" in realm else "?"
        url = realm + (separator + urllib.parse.urlencode(query) if query else "")
        return self._ask("GET", url, {"Authorization": credentials.basic} if credentials else {})

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> str:
        def attempt() -> tuple[int, bytes]:
            with self._transport.open(method, url, headers, body) as response:
                return response.status, response.read(_TOKEN_LIMIT)

        status, content = self._transport.retries.call(attempt)
        # What was answered is not shown: it may hold a token.
        if status != 200:
            raise RegistryError(
                f"{url.partition('?')[0]} gave no token for {self._host}: it answered {status}. "
                f"Run `docker login {self._host}`."
            )
        answer = read_json(content, f"the answer of {url.partition('?')[0]}")
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise RegistryError(f"the answer of {url.partition('?')[0]} holds no token")
        return token
