"""The metadata catalogue's HTTP API, as far as it is used: putting and deleting entities."""

from __future__ import annotations

import time
from typing import Any

import requests

_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
_BUSY = (429, 502, 503, 504)


class CatalogueError(Exception):
    """The catalogue could not be reached, or refused; the message has no token in it."""


class CatalogueApi:
    """A session with the catalogue; use it in a `with` statement."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> CatalogueApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def put(self, path: str, entity: dict[str, Any]) -> None:
        """Makes the entity or brings it up to date; `CatalogueError` when that fails."""
        self._ask("PUT", path, json=entity)

    def delete(self, path: str) -> None:
        """Deletes the entity and all in it, if it is there; `CatalogueError` when that fails."""
        everything = {"recursive": "true", "hardDelete": "true"}
        self._ask("DELETE", path, absent=404, params=everything)

    def _ask(self, method: str, path: str, absent: int | None = None, **request: Any) -> None:
        """A catalogue that is busy is asked again, twice."""
        for attempt in range(1, _ATTEMPTS + 1):
            status = self._status(method, path, request)
            if status not in _BUSY or attempt == _ATTEMPTS:
                break
            time.sleep(attempt * _PAUSE_SECONDS)
        if not (200 <= status < 300 or status == absent):
            raise CatalogueError(f"{method} {path}: status {status}")

    def _status(self, method: str, path: str, request: dict[str, Any]) -> int:
        try:
            answer = self._session.request(
                method,
                f"{self._url}/api/v1/{path}",
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                # A redirect would take the token elsewhere.
                allow_redirects=False,
                **request,
            )
        except requests.RequestException as error:
            raise CatalogueError(f"{method} {path}: {type(error).__name__}") from error
        return answer.status_code
