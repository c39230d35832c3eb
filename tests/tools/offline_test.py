"""What `ci/offline` shuts out, and what it lets through."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from tools.support import ROOT, run

OFFLINE = ROOT / "ci/offline"
CONNECT = "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
LISTEN = "import socket; s = socket.create_server(('127.0.0.1', 0)); s.getsockname()"


def python(code: str, *before: Path) -> subprocess.CompletedProcess[str]:
    return run([*before, sys.executable, "-c", code], dict(os.environ))


def test_what_listens_outside_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = CONNECT.format(port=server.getsockname()[1])
        assert python(connect).returncode == 0

        inside = python(connect, OFFLINE)

    assert inside.returncode != 0
    # Where the machine gives no network of its own, it says what it needs and runs nothing.
    assert "ConnectionRefusedError" in inside.stderr or "ci/offline: needs" in inside.stderr


def test_the_command_has_a_loopback_and_gives_its_exit_code() -> None:
    closed = python(f"{LISTEN}; exit(7)", OFFLINE)

    assert closed.returncode == 7 or "ci/offline: needs" in closed.stderr


def test_it_says_how_it_is_used() -> None:
    assert "ci/offline ./pants" in run([OFFLINE, "--help"], dict(os.environ)).stdout
    assert run([OFFLINE], dict(os.environ)).returncode == 2
