"""An OCI registry on loopback, as far as releases need one: it answers with what was stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from delivery.edges.registry import MANIFEST, digest_of
from delivery_testing.loopback import serving

_MANIFEST = re.compile(r"/v2/(?P<path>.+)/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(r"/v2/(?P<path>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
_UPLOAD = re.compile(r"/v2/(?P<path>.+)/blobs/uploads/(\?digest=(?P<digest>.+))?")
_REFERRERS = re.compile(r"/v2/(?P<path>.+)/referrers/(?P<digest>.+)")


@dataclass
class LoopbackRegistry:
    """What is stored, by repository and reference. `lists_referrers` as newer registries do."""

    host: str = ""
    lists_referrers: bool = False
    manifests: dict[tuple[str, str], bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def put_manifest(self, path: str, document: dict[str, Any], tag: str = "") -> str:
        """Stores a manifest as if it had been pushed; its digest."""
        content = json.dumps(document).encode()
        for reference in (digest_of(content), tag):
            if reference:
                self.manifests[path, reference] = content
        return digest_of(content)

    def put_blob(self, content: bytes) -> str:
        self.blobs[digest_of(content)] = content
        return digest_of(content)

    def lose(self, path: str, digest: str) -> None:
        """The registry has the manifest no longer, under whatever name."""
        for key in [
            k for k, v in self.manifests.items() if k[0] == path and digest_of(v) == digest
        ]:
            del self.manifests[key]


@contextmanager
def running_registry(lists_referrers: bool = False) -> Iterator[LoopbackRegistry]:
    """An empty one, on a port that the kernel chose, until the block ends."""
    registry = LoopbackRegistry(lists_referrers=lists_referrers)

    class Handler(_Handler):
        store = registry

    with serving(Handler) as registry.host:
        yield registry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A keep-alive answer in two segments would wait for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    store: LoopbackRegistry

    def do_GET(self) -> None:
        if found := _MANIFEST.fullmatch(self.path):
            content = self.store.manifests.get((found["path"], found["reference"]))
            kind = json.loads(content).get("mediaType", MANIFEST) if content else ""
            self._answer(200 if content else 404, content or b"", {"Content-Type": kind})
        elif found := _BLOB.fullmatch(self.path):
            blob = self.store.blobs.get(found["digest"])
            self._answer(404 if blob is None else 200, blob or b"")
        elif (found := _REFERRERS.fullmatch(self.path)) and self.store.lists_referrers:
            self._answer(200, json.dumps(self._referrers(found["path"], found["digest"])).encode())
        else:
            self._answer(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._body()
        self._answer(202, headers={"Location": self.path})

    def do_PUT(self) -> None:
        content = self._body()
        if found := _UPLOAD.fullmatch(self.path):
            self.store.blobs[found["digest"]] = content
            self._answer(201)
        elif found := _MANIFEST.fullmatch(self.path):
            for reference in {found["reference"], digest_of(content)}:
                self.store.manifests[found["path"], reference] = content
            subject = json.loads(content).get("subject")
            listed = subject and self.store.lists_referrers
            self._answer(201, headers={"OCI-Subject": subject["digest"]} if listed else {})

    def _referrers(self, path: str, digest: str) -> dict[str, Any]:
        found = []
        for (repository, reference), content in self.store.manifests.items():
            document = json.loads(content)
            if (
                repository == path
                and reference == digest_of(content)
                and (document.get("subject") or {}).get("digest") == digest
            ):
                found.append(
                    {
                        "mediaType": MANIFEST,
                        "digest": reference,
                        "size": len(content),
                        "artifactType": document.get("artifactType"),
                    }
                )
        return {"schemaVersion": 2, "manifests": found}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(
        self, status: int, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass
