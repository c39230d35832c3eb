"""An HTTP server on loopback that writes down what it is asked: a Lambda, or a catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from ingestion_testing.http_server import serving


@dataclass(frozen=True)
class Asked:
    """One request: method, path, the `Authorization` header, and the JSON of its body."""

    method: str
    path: str
    authorization: str
    body: Any


@dataclass
class Recorder:
    """A running server: what it was asked, and what it answers, `next_statuses` first."""

    url: str = ""
    status: int = 200
    next_statuses: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def invocations(self, function: str) -> list[Any]:
        """The events that this Lambda function was invoked with."""
        path = f"/2015-03-31/functions/{function}/invocations"
        return [request.body for request in self.asked if request.path == path]


@contextmanager
def recording(status: int = 200) -> Iterator[Recorder]:
    """A server on a port that the kernel chose, until the block ends."""
    recorder = Recorder(status=status)

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            recorder.asked.append(
                Asked(
                    self.command,
                    self.path,
                    self.headers.get("Authorization", ""),
                    json.loads(self.rfile.read(length) or b"null"),
                )
            )
            statuses = recorder.next_statuses
            self.send_response(statuses.pop(0) if statuses else recorder.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_DELETE = do_PUT

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Handler) as recorder.url:
        yield recorder
