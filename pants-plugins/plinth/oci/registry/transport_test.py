from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest

from plinth.oci.registry.transport import (
    RegistryError,
    Retries,
    Traffic,
    Transient,
    Transport,
    _retry_after,
    base_url,
    follow,
)
from plinth.oci.testing.fake_registry import CUT, Answer, FakeRegistry, Request, no_wait


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        server.intercept = lambda request: Answer(200, {}, b"seen " + request.body)
        yield server


def ask(
    transport: Transport, url: str, method: str = "GET", body: bytes | Path | None = None
) -> bytes:
    def attempt() -> bytes:
        with transport.open(method, url, {}, body) as response:
            return response.read(1000)

    return transport.retries.call(attempt)


def test_http_on_loopback_https_elsewhere() -> None:
    assert base_url("127.0.0.1:5000") == "http://127.0.0.1:5000"
    assert base_url("registry.example") == "https://registry.example"


@pytest.mark.parametrize("url", ["http://registry.example/v2/", "ftp://127.0.0.1/", "/v2/"])
def test_nothing_unencrypted_leaves_this_machine(url: str) -> None:
    with pytest.raises(RegistryError, match="^refused "):
        ask(Transport(), url)


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("/v2/a?b=c", "https://r.example/v2/a?b=c"),
        ("https://store.example:8443/x", "https://store.example:8443/x"),
        ("//store.example/x", "https://store.example/x"),
    ],
)
def test_addresses_that_a_registry_names(address: str, whole: str) -> None:
    assert follow("https://r.example/v2/", address) == whole


@pytest.mark.parametrize(
    "address",
    [
        *("http://[bad/x", "https://[::1", "https://h:port/", "https://h:99999/"),
        *("ftp://h/x", "mailto:ana", "https://h/a b", "https://h/\x1b[2J", "https://h/é", "", None),
        *("http://r.example/x", "http://127.0.0.1:5000/x"),
    ],
)
def test_addresses_that_are_not_followed(address: str | None) -> None:
    with pytest.raises(RegistryError, match="https://r.example/v2/") as raised:
        follow("https://r.example/v2/", address)
    assert str(raised.value).isprintable()


def test_one_connection_serves_many_requests(server: FakeRegistry) -> None:
    transport = Transport()
    for method in ("GET", "HEAD", "POST", "PUT"):
        ask(transport, f"http://{server.host}/", method)
    assert len(server.requests) == 4
    assert server.connections == 1


def test_an_answer_that_is_not_read_does_not_confuse_the_next(server: FakeRegistry) -> None:
    transport = Transport()
    server.intercept = lambda _: Answer(200, {}, b"x" * 5_000_000)
    with transport.open("GET", f"http://{server.host}/", {}):
        pass
    server.intercept = lambda _: Answer(200, {}, b"second")
    assert ask(transport, f"http://{server.host}/") == b"second"


def test_bodies_from_memory_and_from_a_file(server: FakeRegistry, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"file" * 100_000)
    ask(Transport(), f"http://{server.host}/", "PUT", b"memory")
    ask(Transport(), f"http://{server.host}/", "PUT", file)
    ask(Transport(), f"http://{server.host}/", "PUT", b"")
    assert [request.body for request in server.requests] == [b"memory", b"file" * 100_000, b""]


def test_exchanges_are_counted(server: FakeRegistry) -> None:
    traffic = Traffic()
    transport = Transport(record=traffic.record)
    ask(transport, f"http://{server.host}/a", "PUT", b"12345")
    ask(transport, f"http://{server.host}/b")
    assert traffic.requests == {"GET": 1, "PUT": 1}
    assert (traffic.sent, traffic.received) == (5, len(b"seen 12345") + len(b"seen "))
    assert [exchange.status for exchange in traffic.exchanges] == [200, 200]


@pytest.mark.parametrize(
    "failure", [CUT, *(Answer(status) for status in (429, 500, 502, 503, 504))]
)
def test_what_may_pass_is_tried_again(server: FakeRegistry, failure: Answer) -> None:
    def twice(request: Request) -> Answer:
        return failure if len(server.requests) < 3 else Answer(200, {}, b"ok")

    server.intercept = twice
    traffic = Traffic()
    transport = Transport(retries=no_wait(), record=traffic.record)
    assert ask(transport, f"http://{server.host}/", "PUT", b"body") == b"ok"
    assert [request.body for request in server.requests] == [b"body"] * 3
    assert [exchange.status for exchange in traffic.exchanges] == [failure.status] * 2 + [200]


@pytest.mark.parametrize("status", [200, 400, 404, 405])
def test_what_will_not_pass_is_not(server: FakeRegistry, status: int) -> None:
    server.intercept = lambda _: Answer(status)
    ask(Transport(retries=no_wait()), f"http://{server.host}/")
    assert len(server.requests) == 1


def test_an_answer_cut_short_is_tried_again(server: FakeRegistry) -> None:
    def cut_first(request: Request) -> Answer:
        headers = {"Content-Length": "10"} if len(server.requests) == 1 else {}
        return Answer(200, headers, b"12345")

    server.intercept = cut_first

    def attempt() -> bytes:
        with transport.open("GET", f"http://{server.host}/", {}) as response:
            return b"".join(iter(lambda: response.read(1000), b""))

    transport = Transport(retries=no_wait())
    assert transport.retries.call(attempt) == b"12345"
    assert len(server.requests) == 2


def test_it_gives_up_and_says_so(server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(503)
    with pytest.raises(RegistryError, match=r"answered 503 \(tried 3 times\)") as error:
        ask(Transport(retries=no_wait(3)), f"http://{server.host}/")
    assert not isinstance(error.value, Transient), "or an outer loop would go on"
    assert len(server.requests) == 3


def test_a_registry_that_does_not_answer_is_not_waited_for_without_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = Transport(timeout=0.05, retries=no_wait(2))
        with pytest.raises(RegistryError, match="timed out"):
            ask(transport, f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_no_registry_on_loopback_names_the_next_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RegistryError, match="make services"):
        ask(Transport(), f"http://127.0.0.1:{port}/")


def test_a_host_that_does_not_exist_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(RegistryError, match="no host of that name"):
        ask(
            Transport(retries=Retries(sleep=lambda _: pytest.fail("waits"))),
            "https://registry.example/",
        )


def tunnel(answer: Answer, monkeypatch: pytest.MonkeyPatch, url: str) -> tuple[list[Request], str]:
    """What a proxy is asked for a URL, and the error when it gives this answer."""
    with FakeRegistry() as proxy:
        proxy.intercept = lambda _: answer
        monkeypatch.setenv("https_proxy", f"http://ana:pass%20word@{proxy.host}")
        monkeypatch.setenv("no_proxy", "near.example")
        with pytest.raises(RegistryError) as error:
            ask(Transport(timeout=1, retries=no_wait(1)), url)
        return proxy.requests, str(error.value)


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, error = tunnel(Answer(403), monkeypatch, "https://registry.example/v2/")
    assert [(request.method, request.path) for request in asked] == [
        ("CONNECT", "registry.example:443")
    ]
    expected = base64.b64encode(b"ana:pass word").decode()
    assert asked[0].headers["Proxy-Authorization"] == f"Basic {expected}"
    assert "403" in error
    assert "word" not in error


def test_a_proxy_is_not_used_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(host: str, *_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, host)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    asked, error = tunnel(Answer(403), monkeypatch, "https://near.example/v2/")
    assert not asked
    assert "near.example" in error


def waits(server: FakeRegistry, failure: Answer) -> list[float]:
    """How long a client waits that meets the failure four times."""
    slept: list[float] = []
    server.intercept = lambda _: failure if len(server.requests) < 5 else Answer(200)
    ask(Transport(retries=Retries(sleep=slept.append)), f"http://{server.host}/")
    return slept


def test_waits_grow(server: FakeRegistry) -> None:
    for number, wait in enumerate(waits(server, Answer(503))):
        assert 0.125 * 2**number <= wait <= 0.25 * 2**number


def test_the_registry_s_own_wait_is_kept(server: FakeRegistry) -> None:
    assert waits(server, Answer(429, {"Retry-After": "7"})) == [7.0] * 4


def test_the_registry_s_own_wait_has_a_limit(server: FakeRegistry) -> None:
    assert waits(server, Answer(429, {"Retry-After": "86400"})) == [60.0] * 4


def test_a_kept_connection_that_was_closed_is_opened_again_at_once(server: FakeRegistry) -> None:
    slept: list[float] = []
    transport = Transport(retries=Retries(sleep=slept.append))
    server.intercept = lambda _: CUT if len(server.requests) == 2 else Answer(200)
    ask(transport, f"http://{server.host}/")
    ask(transport, f"http://{server.host}/")
    assert (len(server.requests), slept) == (3, [0.0])


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("3", 3.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("soon", None),
    ],
)
def test_retry_after(value: str | None, wait: float | None) -> None:
    assert _retry_after(value, now=1_000_000.0) == wait


def test_the_caller_s_own_failure_stays_what_it_is(server: FakeRegistry) -> None:
    with (
        pytest.raises(OSError, match="disk is full"),
        Transport().open("GET", f"http://{server.host}/", {}),
    ):
        raise OSError("disk is full")


def read_whole(transport: Transport, url: str) -> None:
    with transport.open("GET", url, {}) as response:
        while response.read(1 << 16):
            pass


def test_an_answer_that_trickles_is_ended() -> None:
    ended = threading.Event()

    def trickle(listening: socket.socket) -> None:
        with suppress(OSError), listening.accept()[0] as peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not ended.wait(0.01):
                peer.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=trickle, args=[listening], daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(Transient, match="cut short"):
            read_whole(Transport(limit=0.2), url)
        ended.set()


def test_an_answer_that_never_begins_is_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(Transient), Transport(limit=0.2).open("GET", url, {}):
            pass
