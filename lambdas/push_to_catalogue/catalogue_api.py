"""The metadata catalogue's HTTP API, as far as it is used: putting entities."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_RETRIES = 2


class CatalogueError(Exception):
    """The catalogue could not be reached, or refused; the message has no token in it."""


class CatalogueApi:
    """A session with the catalogue; use it in a `with` statement."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        retry = Retry(
            total=_RETRIES,
            backoff_factor=0.2,
            status_forcelist=(429, 502, 503, 504),
            allowed_methods=("PUT",),
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def __enter__(self) -> CatalogueApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def put(self, path: str, entity: dict[str, Any]) -> None:
        """Makes the entity or brings it up to date; `CatalogueError` when that fails."""
        try:
            answer = self._session.put(
                f"{self._url}/api/v1/{path}",
                json=entity,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                # A redirect would take the token elsewhere.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise CatalogueError(f"PUT {path}: {type(error).__name__}") from error
        if not 200 <= answer.status_code < 300:
            raise CatalogueError(f"PUT {path}: status {answer.status_code}")
