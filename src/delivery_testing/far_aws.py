"""moto over HTTP, as far away as AWS and with the rate of Lambda's control plane: for measurements.

Any client finds it by AWS_ENDPOINT_URL: boto3's, and the `aws` command's. Which service is meant
stands in what a request is signed for.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from moto.moto_proxy.proxy3 import MotoRequestHandler
from werkzeug.exceptions import HTTPException

from delivery_testing.loopback import serving

_SCOPE = re.compile(r"Credential=[^/]+/[0-9]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_PER_SECOND = 15
# Of Lambda's API these are not its control plane: its quotas page, "API requests".
_GET_FUNCTION = re.compile(r"/functions/[^/]+(\?.*)?")
_THROTTLED = b'{"Type": "User", "message": "Rate exceeded"}'


@dataclass
class FarAws:
    """What was asked. `busiest` is the most control-plane calls that any second had."""

    endpoint: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    busiest: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _recent: deque[float] = field(default_factory=deque)

    def reset(self) -> None:
        self.calls.clear()
        self.throttled = self.busiest = 0

    def admit(self, service: str, method: str, path: str) -> bool:
        """Counts a call; whether Lambda takes it now."""
        with self._lock:
            self.calls[service] += 1
            if service != "lambda" or _is_not_control_plane(method, path):
                return True
            now = time.monotonic()
            while self._recent and now - self._recent[0] >= 1:
                self._recent.popleft()
            self.busiest = max(self.busiest, len(self._recent) + 1)
            if len(self._recent) >= _PER_SECOND:
                self.throttled += 1
                return False
            self._recent.append(now)
            return True


def _is_not_control_plane(method: str, path: str) -> bool:
    if path.partition("?")[0].endswith("/invocations"):
        return True
    return method == "GET" and bool(_GET_FUNCTION.search(path)) and "/aliases" not in path


@contextmanager
def far_aws(seconds: float) -> Iterator[FarAws]:
    """Each call takes `seconds` longer. Wants `mock_aws`, whose state it serves."""
    far = FarAws()

    class Handler(_Handler):
        aws, delay = far, seconds

    with serving(Handler) as host:
        far.endpoint = f"http://{host}"
        yield far


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    aws: FarAws
    delay: float

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        time.sleep(self.delay)
        if scope is None:
            return self._answer(403, {}, b"not signed")
        if not self.aws.admit(scope["service"], self.command, self.path):
            kind = {"x-amzn-ErrorType": "TooManyRequestsException"}
            return self._answer(429, kind, _THROTTLED)
        name = "monitoring" if scope["service"] == "cloudwatch" else scope["service"]
        host = f"https://{name}.{scope['region']}.amazonaws.com"
        headers = {**dict(self.headers), "Host": host.partition("//")[2]}
        self._answer(*_asked(self.command, host, self.path, headers, body))
        return None

    def _answer(self, status: int, headers: dict[str, Any], body: Any) -> None:
        content = body.encode() if isinstance(body, str) else body or b""
        self.send_response(int(status))
        for name, value in headers.items():
            if name.lower() not in ("content-length", "date", "server", "status"):
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

    def handle_expect_100(self) -> bool:
        """A client that asks whether it may send has waited for one more round trip."""
        time.sleep(self.delay)
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, *_: Any) -> None:
        pass


def _asked(
    method: str, host: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, Any], Any]:
    try:
        found = MotoRequestHandler(0).parse_request(method, host, path, headers, body)
    except HTTPException as error:
        return error.code or 500, dict(error.get_headers()), error.get_body()
    return found if isinstance(found, tuple) else (200, {}, found)
