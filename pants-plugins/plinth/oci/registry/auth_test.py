from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from typing import Callable

import pytest

from plinth.oci.format.descriptor import LAYER_GZIP, Descriptor
from plinth.oci.registry.auth import Authorizer, Challenge, parse_challenge
from plinth.oci.registry.client import Registry
from plinth.oci.registry.credentials import Credentials
from plinth.oci.registry.transport import RegistryError, Transport
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request, no_wait

BLOB = Descriptor(LAYER_GZIP, "sha256:" + "a" * 64, 1)


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ([], None),
        (["Negotiate"], None),
        (['Basic realm="x"'], Challenge(False)),
        (["bearer"], None),
        (
            ['Bearer realm="https://t.example/a?b=c",service="s",scope="repository:a:pull,push"'],
            Challenge(True, "https://t.example/a?b=c", "s", ("repository:a:pull,push",)),
        ),
        (
            ['Basic realm="x"', 'bearer Realm="r" , scope="repository:a:pull repository:b:pull"'],
            Challenge(True, "r", "", ("repository:a:pull", "repository:b:pull")),
        ),
    ],
)
def test_challenges(headers: list[str], challenge: Challenge | None) -> None:
    assert parse_challenge(headers) == challenge


class Guarded:
    """A registry that wants a token, and the service that gives them: `token-1`, `token-2`, …"""

    def __init__(self, server: FakeRegistry) -> None:
        self.server = server
        self.asked: list[Request] = []
        self.valid: set[str] = set()
        self.token_answer: Callable[[str], Answer] = lambda token: Answer(
            200, {}, json.dumps({"token": token}).encode()
        )
        server.intercept = self

    def __call__(self, request: Request) -> Answer | None:
        if request.path == "/token":
            self.asked.append(request)
            token = f"token-{len(self.asked)}"
            self.valid.add(f"Bearer {token}")
            return self.token_answer(token)
        if request.headers.get("Authorization") in self.valid:
            return self.server.answer(request)
        realm = f"http://{self.server.host}/token"
        scope = "repository:a:pull,push"
        header = f'Bearer realm="{realm}",service="registry",scope="{scope}"'
        return Answer(401, {"WWW-Authenticate": header})


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


def client(server: FakeRegistry, credentials: Credentials | None = None) -> Registry:
    return Registry(server.host, Transport(retries=no_wait()), lambda _: credentials)


def test_a_token_is_asked_for_once(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    registry = client(server)
    assert not registry.has_blob("a", BLOB)
    assert not registry.has_blob("a", BLOB)
    assert len(guarded.asked) == 1
    assert guarded.asked[0].query == {"service": "registry", "scope": "repository:a:pull,push"}
    assert guarded.asked[0].headers.get("Authorization") is None


def test_a_token_is_asked_for_with_the_login(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    client(server, Credentials("ana", "secret")).has_blob("a", BLOB)
    assert guarded.asked[0].headers["Authorization"] == Credentials("ana", "secret").basic


def test_a_token_that_ran_out_is_renewed(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    registry = client(server)
    registry.has_blob("a", BLOB)
    guarded.valid.clear()
    assert not registry.has_blob("a", BLOB)
    assert len(guarded.asked) == 2


def test_an_identity_token_is_exchanged(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    client(server, Credentials(identity_token="refresh")).has_blob("a", BLOB)
    assert guarded.asked[0].method == "POST"
    assert dict(urllib.parse.parse_qsl(guarded.asked[0].body.decode())) == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh",
        "service": "registry",
        "scope": "repository:a:pull,push",
        "client_id": "plinth",
    }


def test_a_token_that_is_refused_is_not_asked_for_without_end(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    guarded.token_answer = lambda _: Answer(200, {}, b'{"access_token":"bad"}')
    with pytest.raises(RegistryError, match=f"answered 401.*docker login {server.host}"):
        client(server).has_blob("a", BLOB)
    assert len(guarded.asked) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(401, {}, b"hunter2"), "gave no token.*answered 401.*docker login"),
        (Answer(200, {}, b'{"secret":"hunter2"}'), "holds no token"),
    ],
)
def test_no_token_is_a_clear_error_without_secrets(
    server: FakeRegistry, answer: Answer, message: str
) -> None:
    Guarded(server).token_answer = lambda _: answer
    with pytest.raises(RegistryError, match=message) as error:
        client(server, Credentials("ana", "hunter2")).has_blob("a", BLOB)
    assert "hunter2" not in str(error.value)


def test_a_token_service_that_is_busy_is_asked_again(server: FakeRegistry) -> None:
    guarded = Guarded(server)
    good = guarded.token_answer
    guarded.token_answer = lambda token: Answer(503) if token == "token-1" else good(token)
    assert not client(server).has_blob("a", BLOB)


def test_a_token_is_never_asked_for_in_plain_http_elsewhere() -> None:
    authorizer = Authorizer("h", Transport(), lambda _: Credentials("ana", "secret"))
    with pytest.raises(RegistryError, match="leads from TLS to plain http"):
        authorizer.answer(['Bearer realm="http://tokens.example/token"'])


def basic(server: FakeRegistry) -> Callable[[Request], Answer | None]:
    def intercept(request: Request) -> Answer | None:
        if request.headers.get("Authorization") == Credentials("ana", "secret").basic:
            return server.answer(request)
        return Answer(401, {"WWW-Authenticate": 'Basic realm="r"'})

    return intercept


def test_a_password(server: FakeRegistry) -> None:
    server.intercept = basic(server)
    assert not client(server, Credentials("ana", "secret")).has_blob("a", BLOB)


@pytest.mark.parametrize("credentials", [None, Credentials(identity_token="t")])
def test_no_password_names_the_next_command(
    server: FakeRegistry, credentials: Credentials | None
) -> None:
    server.intercept = basic(server)
    with pytest.raises(RegistryError, match=f"docker login {server.host}"):
        client(server, credentials).has_blob("a", BLOB)


def test_a_login_of_an_unknown_kind(server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(401, {"WWW-Authenticate": "Negotiate"})
    with pytest.raises(RegistryError, match="unknown kind: .'Negotiate'"):
        client(server).has_blob("a", BLOB)


def test_credentials_do_not_follow_a_redirect_to_another_host(server: FakeRegistry) -> None:
    with FakeRegistry() as store:
        store.intercept = lambda _: Answer(200, {}, b"x")
        guard = basic(server)

        def redirecting(request: Request) -> Answer | None:
            answer = guard(request)
            if answer and answer.status == 401:
                return answer
            return Answer(307, {"Location": f"http://{store.host}/elsewhere"})

        server.intercept = redirecting
        assert client(server, Credentials("ana", "secret")).has_blob("a", BLOB)
        assert store.asked == ["HEAD /elsewhere"]
        assert store.requests[0].headers.get("Authorization") is None
