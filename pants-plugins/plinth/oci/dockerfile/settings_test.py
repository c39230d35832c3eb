from __future__ import annotations

import pytest

from plinth.oci.dockerfile.settings import is_signal, nanoseconds, ports


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1s", 10**9),
        ("1m30s", 90 * 10**9),
        ("1.5s", 1_500_000_000),
        (".5ms", 500_000),
        ("2h", 7200 * 10**9),
    ],
)
def test_durations(text: str, expected: int) -> None:
    assert nanoseconds(text) == expected


@pytest.mark.parametrize("text", ["", "1", "s", "1 s", "1d", "-1s", "."])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        nanoseconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80", ("80/tcp",)),
        ("53/UDP", ("53/udp",)),
        ("90-92", ("90/tcp", "91/tcp", "92/tcp")),
        ("8080:80", ("80/tcp",)),
        ("127.0.0.1:80:81/tcp", ("81/tcp",)),
        ("0", ("0/tcp",)),
    ],
)
def test_ports(text: str, expected: tuple[str, ...]) -> None:
    assert ports(text) == expected


@pytest.mark.parametrize("text", ["abc", "70000", "80/foo", "9-7", "-1", "80/", ""])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match=repr(text)):
        ports(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIGTERM", True),
        ("term", True),
        ("9", True),
        ("999", True),
        ("SIGRTMIN+3", True),
        ("0", False),
        ("FOO", False),
    ],
)
def test_signals(text: str, expected: bool) -> None:
    assert is_signal(text) is expected
