"""A client of the OCI distribution protocol: what pushing and pulling images needs of it.

Everything that is read is checked against its digest; everything that is written is tried again
where that can help. Source: the OCI distribution specification 1.0.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, TypeVar

from plinth.oci.errors import printable
from plinth.oci.format.descriptor import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    INDEX,
    MANIFEST,
    Descriptor,
    digest_of,
    is_digest,
    read_json,
)
from plinth.oci.registry.auth import Authorizer
from plinth.oci.registry.credentials import Credentials, config_path, credentials_for
from plinth.oci.registry.transport import (
    RegistryError,
    Response,
    Transient,
    Transport,
    base_url,
    follow,
)

_MANIFESTS = {"Accept": ", ".join((MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_INDEX))}
_MANIFEST_LIMIT = 4 << 20  # What the specification asks registries to take.
_TAGS_LIMIT = 4 << 20
_CHUNK = 1 << 18
_REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})

T = TypeVar("T")


@dataclass(frozen=True)
class Manifest:
    """A manifest, or an index of manifests, as the registry holds it."""

    descriptor: Descriptor
    content: bytes


def docker_credentials(host: str) -> Credentials | None:
    """What `docker login` left for the registry."""
    return credentials_for(host, config_path())


class Registry:
    """The registry at `host[:port]`. Not for use by several threads at once.

    Repositories are named by their path within it. Methods raise `RegistryError`, with what the
    registry said, for every answer that is not the one asked for. `authorizations` are the headers
    that let one in, by repository; clients of one registry may share them, across threads.
    """

    def __init__(
        self,
        host: str,
        transport: Transport | None = None,
        credentials: Callable[[str], Credentials | None] = docker_credentials,
        authorizations: MutableMapping[str, str] | None = None,
    ) -> None:
        self.host = host
        self._transport = transport or Transport()
        self._authorizer = Authorizer(host, self._transport, credentials)
        self._authorizations = {} if authorizations is None else authorizations

    def manifest_digest(self, path: str, reference: str) -> str | None:
        """The digest of the manifest that a tag or digest names; None when there is none."""
        with_digest = self._retry(lambda: self._head_manifest(path, reference))
        if with_digest != "":
            return with_digest
        # The header is only a SHOULD.
        return self.manifest(path, reference).descriptor.digest

    def _head_manifest(self, path: str, reference: str) -> str | None:
        url = self._url(path, "manifests", reference)
        with self._open(path, "HEAD", url, _MANIFESTS) as response:
            if response.status == 404:
                return None
            _expect(response, "HEAD", 200)
            digest = response.header("Docker-Content-Digest") or ""
            if digest and not is_digest(digest):
                raise RegistryError(f"{url}: the registry answered with {digest} for a digest")
            if digest and is_digest(reference) and digest != reference:
                raise RegistryError(f"{url}: the registry answered with another manifest, {digest}")
            return digest

    def manifest(self, path: str, reference: str) -> Manifest:
        """The manifest that a tag or digest names, checked against the digest."""
        found = self.find_manifest(path, reference)
        if found is None:
            raise RegistryError(f"{self.host}/{path} has no manifest {reference}")
        return found

    def find_manifest(self, path: str, reference: str) -> Manifest | None:
        """As `manifest`; None when there is none.

        Its digest is that of the bytes, where `manifest_digest` takes the registry's word.
        """
        url = self._url(path, "manifests", reference)

        def attempt() -> Manifest | None:
            with self._open(path, "GET", url, _MANIFESTS) as response:
                if response.status == 404:
                    return None
                _expect(response, "GET", 200)
                content = b"".join(_pieces(response, _MANIFEST_LIMIT))
                media_type = response.media_type
                stated = response.header("Docker-Content-Digest")
            found = digest_of(content)
            expected = reference if is_digest(reference) else stated or found
            if found != expected:
                raise RegistryError(f"{url}: the bytes have digest {found}, not {expected}")
            return Manifest(Descriptor(media_type, found, len(content)), content)

        return self._retry(attempt)

    def put_manifest(self, path: str, reference: str, media_type: str, content: bytes) -> None:
        """Store a manifest by its digest or under a tag. All its blobs are there already."""
        url = self._url(path, "manifests", reference)

        def attempt() -> None:
            headers = {"Content-Type": media_type}
            with self._open(path, "PUT", url, headers, content) as response:
                _expect(response, "PUT", 201)
                _check_stored(response, digest_of(content))

        self._retry(attempt)

    def tags(self, path: str) -> tuple[str, ...]:
        """The tags of a repository; none when there is no such repository."""
        found: list[str] = []
        url = f"{base_url(self.host)}/v2/{path}/tags/list"
        while url:
            tags, url = self._retry(lambda url=url: self._tags(path, url))  # type: ignore[misc]
            found += tags
        return tuple(found)

    def _tags(self, path: str, url: str) -> tuple[list[str], str]:
        """A page of tags, and the address of the next; empty for the last."""
        with self._open(path, "GET", url) as response:
            if response.status == 404:
                return [], ""
            _expect(response, "GET", 200)
            content = b"".join(_pieces(response, _TAGS_LIMIT))
            more = re.match("<([^>]+)>", response.header("Link") or "")
        tags = read_json(content, url).get("tags") or []
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise RegistryError(f"{url}: the registry answered with no list of tags")
        return tags, follow(url, more[1]) if more else ""

    def has_blob(self, path: str, descriptor: Descriptor) -> bool:
        """Whether the repository has the blob.

        Raises `RegistryError` too when it says that it has another number of bytes.
        """

        def attempt() -> bool:
            url = self._url(path, "blobs", descriptor.digest)
            with self._open(path, "HEAD", url) as response:
                if response.status == 404:
                    return False
                _expect(response, "HEAD", 200)
                size = response.header("Content-Length")
            # None, or what a proxy on the way makes of an answer without a body.
            if size not in (None, "0", str(descriptor.size)):
                raise RegistryError(
                    f"{url}: {size} bytes are there, not {descriptor.size}: the registry is damaged"
                )
            return True

        return self._retry(attempt)

    def read_blob(self, path: str, descriptor: Descriptor) -> bytes:
        """A small blob's bytes, such as a config's, checked against the digest."""
        return self._retry(lambda: b"".join(self._blob(path, descriptor)))

    def check_blob(self, path: str, descriptor: Descriptor) -> None:
        """Read a blob to its end. Raises `RegistryError` unless its bytes are the digest's."""

        def attempt() -> None:
            for _ in self._blob(path, descriptor):
                pass

        self._retry(attempt)

    def download_blob(self, path: str, descriptor: Descriptor, file: Path) -> None:
        """Write a blob to `file`. When this returns, its bytes are those of the digest."""

        def attempt() -> None:
            with file.open("wb") as out:
                for piece in self._blob(path, descriptor):
                    out.write(piece)

        self._retry(attempt)

    def _blob(self, path: str, descriptor: Descriptor) -> Iterator[bytes]:
        url = self._url(path, "blobs", descriptor.digest)
        actual, size = hashlib.sha256(), 0
        with self._open(path, "GET", url) as response:
            _expect(response, "GET", 200)
            for piece in _pieces(response, descriptor.size):
                actual.update(piece)
                size += len(piece)
                yield piece
        if size < descriptor.size:
            raise Transient(f"{url}: {size} bytes of {descriptor.size} came")
        found = f"sha256:{actual.hexdigest()}"
        if found != descriptor.digest:
            raise RegistryError(f"{url}: the bytes have digest {found}: the registry is damaged")

    def mount_blob(self, path: str, digest: str, source: str) -> bool:
        """Take over a blob that the repository `source` of this registry has, without its bytes.

        False when the registry does not do that, or the source has no such blob.
        """
        query = urllib.parse.urlencode({"mount": digest, "from": source})

        def attempt() -> bool:
            url = self._url(path, "blobs", "uploads/") + "?" + query
            with self._open(path, "POST", url) as response:
                return response.status == 201

        return self._retry(attempt)

    def upload_blob(self, path: str, descriptor: Descriptor, content: bytes | Path) -> None:
        """Store a blob whose bytes are known to be those of the descriptor."""
        tried = False

        def attempt() -> None:
            nonlocal tried
            # An upload that broke may have arrived all the same.
            if tried and self.has_blob(path, descriptor):
                return
            tried = True
            self._upload(path, descriptor, content)

        self._retry(attempt)

    def _upload(self, path: str, descriptor: Descriptor, content: bytes | Path) -> None:
        start = self._url(path, "blobs", "uploads/")
        with self._open(path, "POST", start) as response:
            _expect(response, "POST", 202)
            location = follow(start, response.header("Location"))
        separator = "&" if urllib.parse.urlsplit(location).query else "?"
        url = location + separator + urllib.parse.urlencode({"digest": descriptor.digest})
        headers = {"Content-Type": "application/octet-stream"}
        with self._open(path, "PUT", url, headers, content) as response:
            if response.status == 404:
                raise Transient(f"PUT {url}: the registry forgot the upload")
            _expect(response, "PUT", 201)
            _check_stored(response, descriptor.digest)

    def _retry(self, attempt: Callable[[], T]) -> T:
        return self._transport.retries.call(attempt)

    def _url(self, path: str, kind: str, name: str) -> str:
        return f"{base_url(self.host)}/v2/{path}/{kind}/{name}"

    @contextmanager
    def _open(
        self,
        path: str,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Path | None = None,
    ) -> Iterator[Response]:
        """One try of a request about a repository: let in and redirected as the registry asks."""
        renewed = False
        for _ in range(_REDIRECTS):
            own = urllib.parse.urlsplit(url).netloc == self.host
            # Never to another host: a redirect's target (a blob store) must not see it.
            known = self._authorizations.get(path) if own else None
            sent = {**(headers or {}), **({"Authorization": known} if known else {})}
            with self._transport.open(method, url, sent, body) as response:
                if response.status == 401 and own and not renewed:
                    challenge = response.headers("WWW-Authenticate")
                elif response.status in _REDIRECTED and method in ("GET", "HEAD"):
                    url = follow(url, response.header("Location"))
                    continue
                else:
                    yield response
                    return
            # The first request, or a token that ran out, or one for less than this needs.
            self._authorizations[path] = self._authorizer.answer(challenge)
            renewed = True
        raise RegistryError(f"{method} {url}: redirected more than {_REDIRECTS} times")


def per_thread(connect: Callable[[str], Registry]) -> Callable[[str], Registry]:
    """`connect`, with one client for each thread and host: it keeps its connection."""
    mine = threading.local()

    def client(host: str) -> Registry:
        clients: dict[str, Registry] = mine.__dict__.setdefault("clients", {})
        if host not in clients:
            clients[host] = connect(host)
        return clients[host]

    return client


def _pieces(response: Response, limit: int) -> Iterator[bytes]:
    """The body in pieces. Raises `RegistryError` when it is longer than `limit` bytes."""
    size = 0
    while piece := response.read(_CHUNK):
        size += len(piece)
        if size > limit:
            raise RegistryError(f"{response.url}: the answer is longer than {limit} bytes")
        yield piece


def _expect(response: Response, method: str, status: int) -> None:
    if response.status == status:
        return
    message = f"{method} {response.url}: the registry answered {response.status}{_reason(response)}"
    if response.status in (401, 403):
        host = urllib.parse.urlsplit(response.url).netloc
        message += f". Log in with `docker login {host}` as one who may do this."
    raise RegistryError(message)


def _reason(response: Response) -> str:
    """What the registry says about an error, as `: CODE message`; empty when it says nothing."""
    try:
        errors = json.loads(response.read(_CHUNK))["errors"]
        said = "; ".join(f"{error['code']} {error.get('message', '')}" for error in errors)
        return ": " + printable(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _check_stored(response: Response, digest: str) -> None:
    stored = response.header("Docker-Content-Digest") or digest
    if stored != digest:
        raise RegistryError(f"PUT {response.url}: the registry stored {stored}, not {digest}")
