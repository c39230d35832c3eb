from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.oci.format.reference import BadReference, Repository, is_loopback, is_tag, parse_pinned

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("127.0.0.1:5000/base", "127.0.0.1:5000", "base"),
        ("localhost/base", "localhost", "base"),
        ("[::1]:5000/plinth/base", "[::1]:5000", "plinth/base"),
        ("registry.example/team/a_b/c--d", "registry.example", "team/a_b/c--d"),
    ],
)
def test_a_repository(text: str, host: str, path: str) -> None:
    repository = Repository.parse(text)
    assert (repository.host, repository.path) == (host, path)
    assert str(repository) == text
    assert repository.at(DIGEST) == f"{text}@{DIGEST}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "base",
        "python/base",
        "127.0.0.1:5000",
        "127.0.0.1:5000/",
        "127.0.0.1:5000/Base",
        "127.0.0.1:5000/base:latest",
        "127.0.0.1:5000/../base",
        "127.0.0.1:5000//base",
        "http://127.0.0.1:5000/base",
        "user@host.example/base",
        f"127.0.0.1:5000/base@{DIGEST}",
    ],
)
def test_what_names_no_repository(text: str) -> None:
    with pytest.raises(BadReference):
        Repository.parse(text)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:5000"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["registry.example", "10.0.0.1:5000", "localhost.example", "127.0.0.1.example", "[fe80::1]:80"],
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_pinned_reference() -> None:
    assert parse_pinned(f"localhost/a@{DIGEST}") == (Repository("localhost", "a"), DIGEST)


@pytest.mark.parametrize("text", ["localhost/a", "localhost/a:1", f"localhost/a:1@{DIGEST}", "@"])
def test_what_is_not_pinned(text: str) -> None:
    with pytest.raises(BadReference):
        parse_pinned(text)


@pytest.mark.parametrize(
    ("text", "ok"), [("fp-1a", True), ("", False), ("-a", False), ("a/b", False)]
)
def test_tags(text: str, ok: bool) -> None:
    assert is_tag(text) is ok


@given(st.text())
def test_any_text_is_a_repository_or_a_clear_error(text: str) -> None:
    with suppress(BadReference):
        assert str(Repository.parse(text)) == text
