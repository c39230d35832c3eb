"""HTTP to registries: kept connections, limits of time, and retries of what is worth retrying.

The standard library alone, because this runs wherever an image is used: in Pants' sandbox, in
tests, on a CI runner. Plain http is for loopback only.
"""

from __future__ import annotations

import base64
import email.utils
import http.client
import io
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Callable, TypeVar

from plinth.oci.errors import OciError, printable
from plinth.oci.format.reference import is_loopback

T = TypeVar("T")

_RETRIED = frozenset({429, 500, 502, 503, 504})
_CHUNK = 1 << 18
_REST = 1 << 16
_LONGEST_WAIT = 60.0


class RegistryError(OciError):
    """A registry that is not there, refuses, or answers with something else than it should."""


class NotRunning(RegistryError):
    """Nothing listens at a registry's address on this machine; the message says how to start it."""


class Transient(RegistryError):
    """A failure that may pass; `wait` is the pause that was asked for, in seconds, if any was."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True)
class Exchange:
    """One request and what came of it. `sent` and `received` count the bytes of the bodies.

    `status` is 0 when the connection broke before an answer.
    """

    method: str
    url: str
    status: int
    sent: int
    received: int


@dataclass
class Traffic:
    """Exchanges, counted: give its `record` to a transport."""

    exchanges: list[Exchange] = field(default_factory=list)

    def record(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    @property
    def requests(self) -> dict[str, int]:
        """Requests by verb."""
        return dict(sorted(Counter(exchange.method for exchange in self.exchanges).items()))

    @property
    def sent(self) -> int:
        """Bytes of all requests' bodies."""
        return sum(exchange.sent for exchange in self.exchanges)

    @property
    def received(self) -> int:
        """Bytes of all answers' bodies."""
        return sum(exchange.received for exchange in self.exchanges)


@dataclass(frozen=True)
class Retries:
    """How often a request is tried, and the pause before the second try, in seconds; it doubles."""

    attempts: int = 5
    first_wait: float = 0.25
    sleep: Callable[[float], None] = time.sleep

    def call(self, attempt: Callable[[], T]) -> T:
        """The first result of `attempt` that is not `Transient`; else `RegistryError`."""
        for number in range(self.attempts):
            try:
                return attempt()
            except Transient as failure:
                if number + 1 == self.attempts:
                    raise RegistryError(f"{failure} (tried {self.attempts} times)") from failure
                # Partly random, so that clients that failed together do not come back together.
                wait = self.first_wait * 2**number * random.uniform(0.5, 1.0)
                self.sleep(min(wait if failure.wait is None else failure.wait, _LONGEST_WAIT))
        raise ValueError(f"no attempt allowed: {self.attempts}")


def base_url(host: str) -> str:
    """Where the registry `host[:port]` answers: http on loopback, https elsewhere."""
    return f"{'http' if is_loopback(host) else 'https'}://{host}"


def follow(url: str, address: str | None) -> str:
    """The whole of an `address` that the answer to `url` named: to go on at, or to log in at.

    Raises `RegistryError` for what is no address, and where it leads from TLS to plain http.
    """
    if not address:
        raise RegistryError(f"{url}: the registry did not say where to go on")
    try:
        target = urllib.parse.urljoin(url, address)
        parts = _parts(target)
    except ValueError as error:
        raise RegistryError(
            f"{url}: the registry names {printable(address)}, which is no address of the web"
        ) from error
    if urllib.parse.urlsplit(url).scheme == "https" and parts.scheme != "https":
        raise RegistryError(f"refused {target}, which {url} names: it leads from TLS to plain http")
    return target


def _parts(url: str) -> urllib.parse.SplitResult:
    """The parts of an address of the web. Raises `ValueError` for anything else."""
    parts = urllib.parse.urlsplit(url)
    is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    if not is_whole or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{printable(url)}: it is no address of the web")
    return parts


class Response:
    """An answer whose body is read piece by piece."""

    def __init__(self, url: str, raw: http.client.HTTPResponse) -> None:
        self.url, self.status, self.received = url, raw.status, 0
        self._raw = raw

    def header(self, name: str) -> str | None:
        """The value of a header, printable; None when it is not there."""
        return next(iter(self.headers(name)), None)

    def headers(self, name: str) -> list[str]:
        """The values of a header that may come several times."""
        return [printable(value) for value in self._raw.headers.get_all(name) or ()]

    @property
    def media_type(self) -> str:
        """What kind of thing the body is."""
        return printable(self._raw.headers.get_content_type())

    def read(self, size: int) -> bytes:
        """The next bytes of the body, at most `size`; empty at its end. Raises `Transient`."""
        try:
            data = self._raw.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise Transient(f"GET {self.url}: the connection broke: {_why(error)}") from error
        except ValueError as error:
            raise RegistryError(f"GET {self.url}: the answer is not HTTP: {error}") from error
        if not data and self._raw.length:
            raise Transient(f"GET {self.url}: cut short, {self._raw.length} bytes are missing")
        self.received += len(data)
        return data

    def end(self) -> bool:
        """Read what little may be left; whether that was all, so that the connection is kept."""
        self.read(_REST)
        return self._raw.isclosed()


class Transport:
    """Sends requests over one kept connection per host. Not for use by several threads at once.

    `timeout` limits each wait for the network and `limit` a whole exchange, in seconds: a peer that
    sends a byte now and then ends no wait. `record` is told of every exchange.
    """

    def __init__(
        self,
        timeout: float = 30.0,
        retries: Retries = Retries(),
        record: Callable[[Exchange], None] = lambda _: None,
        limit: float = 900.0,
    ) -> None:
        self.retries = retries
        self._timeout = timeout
        self._limit = limit
        self._record = record
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def close(self) -> None:
        """Close every connection. The next request opens a new one."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Path | None = None,
    ) -> Iterator[Response]:
        """One try of a request: the answer, whatever its status, unless it is worth another try.

        Raises `Transient` for that and for a broken connection; `RegistryError` when nothing
        listens, or for plain http to another machine.
        """
        connection, used_before = self._connection(url)
        with _Sender(body) as sender:
            response, keep = None, False
            try:
                if connection.sock is None:
                    connection.connect()
                with _limited(connection.sock, self._limit):
                    response = sender.send(connection, method, url, headers)
                    _check_status(method, response)
                    yield response
                    keep = response.end()
            except (OSError, http.client.HTTPException) as error:
                if response is not None:
                    raise  # The caller's own, such as a full disk.
                raise _failure(method, url, error, used_before) from error
            finally:
                if not keep:
                    connection.close()
                status, received = (response.status, response.received) if response else (0, 0)
                self._record(Exchange(method, url, status, sender.sent, received))

    def _connection(self, url: str) -> tuple[http.client.HTTPConnection, bool]:
        try:
            parts = _parts(url)
        except ValueError as error:
            raise RegistryError(f"refused {error}") from error
        if parts.scheme != "https" and not is_loopback(parts.netloc):
            raise RegistryError(f"refused {url}: only https leaves this machine")
        key = (parts.scheme, parts.netloc)
        kept = self._connections.get(key)
        if kept is not None and kept.sock is not None:
            return kept, True
        if parts.scheme == "http":
            fresh = http.client.HTTPConnection(parts.netloc, timeout=self._timeout)
        else:
            fresh = _secure_connection(parts.netloc, self._timeout)
        fresh.blocksize = _CHUNK
        self._connections[key] = fresh
        return fresh, False


@contextmanager
def _limited(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Break the connection when the time is over, wherever the exchange stands then."""

    def end() -> None:
        # Not the method of an encrypted socket, which another thread reads just now.
        with suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _secure_connection(host: str, timeout: float) -> http.client.HTTPSConnection:
    """A connection to `host[:port]`, through the proxy that the environment names, if any."""
    context = ssl.create_default_context()
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return http.client.HTTPSConnection(host, timeout=timeout, context=context)
    parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    headers = {}
    if parts.username is not None:
        login = f"{parts.username}:{parts.password or ''}"
        encoded = base64.b64encode(urllib.parse.unquote(login).encode()).decode()
        headers["Proxy-Authorization"] = f"Basic {encoded}"
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=timeout, context=context
    )
    connection.set_tunnel(host, headers=headers)
    return connection


class _Sender:
    """A request's body, and how many of its bytes have been read to be sent."""

    def __init__(self, body: bytes | Path | None) -> None:
        self.sent = 0
        self._size = body.stat().st_size if isinstance(body, Path) else len(body or b"")
        self._source: BinaryIO | None = (
            body.open("rb")
            if isinstance(body, Path)
            else None
            if body is None
            else io.BytesIO(body)
        )

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, *_: object) -> None:
        if self._source:
            self._source.close()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size) if self._source else b""
        self.sent += len(data)
        return data

    def send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        url: str,
        headers: Mapping[str, str],
    ) -> Response:
        parts = urllib.parse.urlsplit(url)
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        if self._source:
            headers = {**headers, "Content-Length": str(self._size)}
        connection.request(method, target, self if self._source else None, dict(headers))
        return Response(url, connection.getresponse())


def _check_status(method: str, response: Response) -> None:
    if response.status in _RETRIED:
        raise Transient(
            f"{method} {response.url}: the registry answered {response.status}",
            _retry_after(response.header("Retry-After"), time.time()),
        )


def _retry_after(value: str | None, now: float) -> float | None:
    """The pause that a `Retry-After` header asks for: seconds, or until a date."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _failure(method: str, url: str, error: Exception, used_before: bool) -> RegistryError:
    host = urllib.parse.urlsplit(url).netloc
    if isinstance(error, ConnectionRefusedError) and is_loopback(host):
        return NotRunning(
            f"no registry answers at {host} (connection refused). Start it with `make services`, "
            f"or set PLINTH_REGISTRY to the address of one that runs."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return RegistryError(
            f"{method} {url}: {error.verify_message}: not the registry it should be"
        )
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return RegistryError(f"{method} {url}: no host of that name: {_why(error)}")
    # A server may close a kept connection whenever it likes: then there is nothing to wait for.
    wait = 0.0 if used_before else None
    return Transient(f"{method} {url}: the connection broke: {_why(error)}", wait)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
