"""A registry in memory, for tests: it can fail, cut, lie and ask for logins at any request."""

from __future__ import annotations

import json
import ssl
import threading
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

from plinth.oci.format.descriptor import MANIFEST, digest_of
from plinth.oci.registry.transport import Retries


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


# Instead of an answer: the connection is closed.
CUT = Answer(0)


def error(status: int, code: str) -> Answer:
    return Answer(status, {}, json.dumps({"errors": [{"code": code, "message": "…"}]}).encode())


def no_wait(attempts: int = 5) -> Retries:
    """Retries that do not sleep."""
    return Retries(attempts, sleep=lambda _: None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is not worth a traceback among the tests' output."""


class FakeRegistry:
    """Answers on an ephemeral port of the loopback interface while it is entered.

    `intercept` sees each request first; what it returns, if anything, is the answer. With `tls` it
    answers over TLS alone.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self.intercept: Callable[[Request], Answer | None] = lambda _: None
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if tls:
            # The handshake is left to the thread that serves the connection.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.host = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FakeRegistry:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def asked(self) -> list[str]:
        """The requests so far, as `VERB path`."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def answer(self, request: Request) -> Answer:
        """What a registry does with a request, without any interception."""
        if request.path == "/v2/":
            return Answer(200)
        path, _, name = request.path[len("/v2/") :].rpartition("/")
        path, _, kind = path.rpartition("/")
        if kind == "tags":
            return self._tags(path)
        if kind == "manifests":
            return self._manifest(request, path, name)
        if kind == "blobs":
            return self._content(self.blobs.get((path, name)), "BLOB_UNKNOWN")
        path = path.rpartition("/")[0]  # kind is `uploads`, below `blobs`
        if request.method == "POST":
            return self._start_upload(request, path)
        return self._finish_upload(request, path)

    def _tags(self, path: str) -> Answer:
        tags = sorted(name for where, name in self.manifests if where == path and ":" not in name)
        if not tags:
            return error(404, "NAME_UNKNOWN")
        return Answer(200, {}, json.dumps({"name": path, "tags": tags}).encode())

    def _manifest(self, request: Request, path: str, name: str) -> Answer:
        if request.method != "PUT":
            media_type, content = self.manifests.get((path, name), (MANIFEST, None))
            answer = self._content(content, "MANIFEST_UNKNOWN")
            return Answer(
                answer.status, {**answer.headers, "Content-Type": media_type}, answer.body
            )
        document = json.loads(request.body)
        is_index = "manifests" in document
        parts = document["manifests"] if is_index else (document["config"], *document["layers"])
        for part in parts:
            if (path, part["digest"]) not in (self.manifests if is_index else self.blobs):
                return error(400, "MANIFEST_BLOB_UNKNOWN")
        stored = (request.headers["Content-Type"], request.body)
        digest = digest_of(request.body)
        self.manifests[path, name] = self.manifests[path, digest] = stored
        return Answer(201, {"Docker-Content-Digest": digest})

    @staticmethod
    def _content(content: bytes | None, unknown: str) -> Answer:
        if content is None:
            return error(404, unknown)
        return Answer(200, {"Docker-Content-Digest": digest_of(content)}, content)

    def _start_upload(self, request: Request, path: str) -> Answer:
        mounted, source = request.query.get("mount"), request.query.get("from", "")
        if mounted and (source, mounted) in self.blobs:
            self.blobs[path, mounted] = self.blobs[source, mounted]
            return Answer(201, {"Docker-Content-Digest": mounted})
        return Answer(202, {"Location": f"/v2/{path}/blobs/uploads/{uuid.uuid4()}?state=1"})

    def _finish_upload(self, request: Request, path: str) -> Answer:
        digest = digest_of(request.body)
        if digest != request.query["digest"]:
            return error(400, "DIGEST_INVALID")
        self.blobs[path, digest] = request.body
        return Answer(201, {"Docker-Content-Digest": digest})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body are two writes: the second must not wait until the first is confirmed.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                registry.connections += 1
                super().setup()

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_any(self) -> None:
                parts = urllib.parse.urlsplit(self.path)
                request = Request(
                    self.command,
                    parts.path if self.command != "CONNECT" else self.path,
                    dict(urllib.parse.parse_qsl(parts.query)),
                    self.headers,
                    self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                registry.requests.append(request)
                answer = registry.intercept(request) or registry.answer(request)
                if answer == CUT:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                else:
                    self.close_connection = True
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            do_GET = do_HEAD = do_POST = do_PUT = do_CONNECT = do_any

        return Handler
