"""A registry that is not on loopback: TLS, through the tunnel of a proxy, as from a company's CI.

The proxy leads every name to this machine, so that no name has to resolve.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
import trustme

from plinth.oci.publish.publication import FAILED, PUSHED, Publication
from plinth.oci.publish.publish import publish, usual_registries
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request
from plinth.oci.testing.publish_faults import publications, stacks, statuses

HOST = "registry.example"


@dataclass
class Proxy:
    """Tunnels to the server on `port` here, whatever is asked for; `asked` tells what that was."""

    port: int
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[str]:
        """`host:port` of the proxy."""
        proxy = self

        class Tunnel(BaseRequestHandler):
            def handle(self) -> None:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += self.request.recv(4096)
                proxy.asked.append(head.decode())
                with socket.create_connection(("127.0.0.1", proxy.port)) as there:
                    self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    back = threading.Thread(target=_carry, args=(there, self.request), daemon=True)
                    back.start()
                    _carry(self.request, there)
                    back.join()

        with ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"127.0.0.1:{server.server_address[1]}"
            server.shutdown()


def _carry(source: socket.socket, target: socket.socket) -> None:
    # Either end may hang up whenever it likes; the other then learns of it.
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class Far:
    """A registry behind TLS and a proxy, and who signed its certificate."""

    server: FakeRegistry
    proxy: Proxy


@contextmanager
def far(
    certificate_for: str, trusted: trustme.CA, signer: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Far]:
    """The environment in which `registry.example` is a registry with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert(certificate_for).configure_cert(context)
    with FakeRegistry(context) as server, trusted.cert_pem.tempfile() as known:
        proxy = Proxy(int(server.host.rpartition(":")[2]))
        with proxy.running() as address:
            monkeypatch.setenv("SSL_CERT_FILE", known)
            monkeypatch.setenv("https_proxy", f"http://{address}")
            monkeypatch.setenv("no_proxy", "")
            yield Far(server, proxy)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Publication]:
    (tmp_path / "docker").mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return publications(HOST, stacks(tmp_path))


def log_in(tmp_path: Path, user: str) -> str:
    """As `docker login` leaves it; what it is sent as."""
    token = base64.b64encode(user.encode()).decode()
    config = tmp_path / "docker/config.json"
    config.write_text(json.dumps({"auths": {HOST: {"auth": token}}}))
    return f"Basic {token}"


def test_a_publish_over_tls_is_complete_and_the_proxy_sees_nothing_of_it(
    planned: list[Publication], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login, ca = log_in(tmp_path, "ana:secret"), trustme.CA()

    def guarded(request: Request) -> Answer | None:
        if request.headers.get("Authorization") == login:
            return None
        return Answer(401, {"WWW-Authenticate": 'Basic realm="registry"'})

    with far(HOST, ca, ca, monkeypatch) as there:
        there.server.intercept = guarded
        outcomes = publish(planned, usual_registries())
        assert set(statuses(outcomes).values()) == {PUSHED}, [each.why for each in outcomes]
        for each in planned:
            stored = there.server.manifests[each.repository.path, each.tag]
            assert stored == there.server.manifests[each.repository.path, each.stack.image.digest]
    assert there.proxy.asked
    for seen in there.proxy.asked:
        assert seen.startswith(f"CONNECT {HOST}:443 ")
        assert "Authorization" not in seen


@pytest.mark.parametrize("how", ["login", "redirect", "upload"])
def test_nothing_leads_from_tls_to_plain_http(
    planned: list[Publication], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    login, ca = log_in(tmp_path, "ana:secret"), trustme.CA()
    with far(HOST, ca, ca, monkeypatch) as there, FakeRegistry() as plain:
        address = f"http://{plain.host}/elsewhere"

        def leading(request: Request) -> Answer | None:
            if how == "login":
                return Answer(401, {"WWW-Authenticate": f'Bearer realm="{address}"'})
            if request.headers.get("Authorization") != login:
                return Answer(401, {"WWW-Authenticate": 'Basic realm="registry"'})
            if how == "redirect":
                return Answer(307, {"Location": address}) if request.method == "GET" else None
            return Answer(202, {"Location": address}) if request.method == "POST" else None

        there.server.intercept = leading
        (outcome,) = publish(planned[:1], usual_registries())
        assert plain.requests == []
    assert outcome.status == FAILED
    assert f"refused {address}, which https://{HOST}" in outcome.why
    assert "leads from TLS to plain http" in outcome.why


@pytest.mark.parametrize(
    ("name", "is_known", "why"),
    [
        (HOST, False, "unable to get local issuer certificate"),
        ("elsewhere.example", True, "Hostname mismatch"),
    ],
)
def test_a_registry_that_cannot_show_who_it_is_gets_nothing(
    planned: list[Publication],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    is_known: bool,
    why: str,
) -> None:
    log_in(tmp_path, "ana:secret")
    signer = trustme.CA()
    with far(name, signer if is_known else trustme.CA(), signer, monkeypatch) as there:
        outcomes = publish(planned[:1], usual_registries())
    assert statuses(outcomes) == {"base": FAILED}
    assert why in outcomes[0].why
    assert "not the registry it should be" in outcomes[0].why
    assert there.server.requests == []
