"""An OCI registry, as far as a delivery needs it: manifests, blobs and what refers to a manifest.

What comes back is hashed: an answer that has another digest than it was asked for is an error.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

from delivery.core.errors import RegistryError
from delivery.edges.aws import CONNECTIONS
from delivery.edges.credentials import Authorization

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
_ACCEPT = f"{MANIFEST}, {INDEX}, application/vnd.docker.distribution.manifest.v2+json"
_TIMEOUT = (5, 60)
_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")


@dataclass(frozen=True)
class Manifest:
    """A manifest's bytes as they are stored, with their type and digest."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.content))

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """What refers to it."""
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": len(self.content),
            **more,
        }


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Registry:
    """The registry at `host`: over HTTP on loopback, over TLS anywhere else."""

    def __init__(self, host: str, authorization: Authorization | None = None) -> None:
        self.host = host
        scheme = "http" if _LOOPBACK.fullmatch(host) else "https"
        self._root = f"{scheme}://{host}/v2/"
        self._session = requests.Session()
        # As many as ask at once; of a smaller pool, connections are thrown away after one question.
        self._session.mount(f"{scheme}://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._authorization = authorization or Authorization(host)

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest under a tag or digest; None when there is none."""
        answer = self._ask("GET", f"{repository}/manifests/{reference}", {"Accept": _ACCEPT})
        if answer.status_code == 404:
            return None
        self._must(answer, 200)
        found = Manifest(answer.content, answer.headers.get("Content-Type", MANIFEST))
        if reference.startswith("sha256:") and found.digest != reference:
            raise RegistryError(
                f"{self.host}/{repository}@{reference}: the registry answers with {found.digest}."
            )
        return found

    def blob(self, repository: str, digest: str) -> bytes:
        """A blob's bytes. Raises `RegistryError` when they are missing, or others."""
        answer = self._must(self._ask("GET", f"{repository}/blobs/{digest}"), 200)
        if digest_of(answer.content) != digest:
            raise RegistryError(
                f"{self.host}/{repository}: the blob {digest} has other bytes: "
                f"{digest_of(answer.content)}."
            )
        return answer.content

    def push_blob(self, repository: str, content: bytes) -> str:
        """Stores a blob, where it is not there yet; its digest."""
        digest = digest_of(content)
        if self._ask("HEAD", f"{repository}/blobs/{digest}").status_code == 200:
            return digest
        begun = self._must(self._ask("POST", f"{repository}/blobs/uploads/"), 202)
        place = urljoin(begun.url, begun.headers["Location"])
        place += f"{'&' if '?' in place else '?'}digest={digest}"
        kind = {"Content-Type": "application/octet-stream"}
        self._must(self._ask("PUT", place, kind, content, path=repository), 201)
        return digest

    def push_manifest(self, repository: str, manifest: Manifest, reference: str = "") -> bool:
        """Stores a manifest by digest or tag; whether the registry lists it as referrer itself."""
        answer = self._ask(
            "PUT",
            f"{repository}/manifests/{reference or manifest.digest}",
            {"Content-Type": manifest.media_type},
            manifest.content,
        )
        return "OCI-Subject" in self._must(answer, 201).headers

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]]:
        """Descriptors of what refers to a manifest.

        Registries without the referrers API keep them in an index under a tag made of the digest,
        as the OCI distribution specification has it.
        """
        answer = self._ask("GET", f"{repository}/referrers/{digest}")
        if answer.status_code == 200:
            return list(answer.json().get("manifests") or [])
        index = self.manifest(repository, fallback_tag(digest))
        return list(index.document.get("manifests") or []) if index else []

    def _ask(
        self,
        method: str,
        place: str,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        path: str = "",
    ) -> requests.Response:
        url = place if "://" in place else self._root + place
        # Only our own registry gets what opens it.
        own = url.startswith(self._root)

        def send(authorization: str) -> requests.Response:
            allowed = {"Authorization": authorization} if authorization and own else {}
            return self._session.request(
                method, url, headers={**(headers or {}), **allowed}, data=content, timeout=_TIMEOUT
            )

        return self._authorized(send)

    def _authorized(self, send: Callable[[str], requests.Response]) -> requests.Response:
        try:
            answer = send(self._authorization.header())
            if answer.status_code == 401:
                answer = send(self._authorization.answer(answer.headers, self._session))
            return answer
        except requests.RequestException as error:
            raise RegistryError(
                f"The registry {self.host} does not answer: {error}. Is it running, and is "
                "`registry` of delivery.toml its address?"
            ) from error

    def _must(self, answer: requests.Response, status: int) -> requests.Response:
        if answer.status_code != status:
            raise RegistryError(
                f"The registry {self.host} answers {answer.status_code} to "
                f"{answer.request.method} {answer.request.path_url}: {answer.text[:300]}"
            )
        return answer


def fallback_tag(digest: str) -> str:
    """The tag under which a registry without the referrers API has a manifest's referrers."""
    return digest.replace(":", "-")
