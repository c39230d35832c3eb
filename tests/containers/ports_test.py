from __future__ import annotations

import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from containers import locks, ports
from containers.errors import HarnessError


@pytest.fixture(autouse=True)
def few_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ports, "_RANGE", range(29_000, 29_020))
    monkeypatch.setattr(ports, "_TRIES", 20)


def test_no_port_is_given_twice_at_a_time() -> None:
    with ExitStack() as stack:
        given = [stack.enter_context(ports.reserved_port()) for _ in range(15)]
        assert len(set(given)) == len(given)


def test_a_port_that_is_in_use_is_not_given() -> None:
    with ports.reserved_port() as port, socket.create_server(("127.0.0.1", port)):
        pass
    with socket.create_server(("127.0.0.1", port)):
        for _ in range(30):
            with ports.reserved_port() as other:
                assert other != port


def test_no_port_left_is_an_error() -> None:
    with ExitStack() as stack:
        for port in range(29_000, 29_020):
            stack.enter_context(locks.held(f"port-{port}"))
        with pytest.raises(HarnessError, match="none of 20 ports"):
            stack.enter_context(ports.reserved_port())


def test_ports_are_given_again() -> None:
    for _ in range(25):
        with ports.reserved_port():
            pass
