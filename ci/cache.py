"""A remote cache for Pants (REAPI) on loopback, which several clones of this machine can share.

    ci/cache start     starts it, and prints what to set to use it
    ci/cache stop      stops it; what it holds stays
    ci/cache status    whether it runs; exits with 1 if not

    $ REMOTE_CACHE=grpc://127.0.0.1:8980 REMOTE_CACHE_MODE=write ci/steps/tested

Environment:
    PLINTH_CACHE       where it listens (127.0.0.1:8980)
    PLINTH_CACHE_STATE folder of its log, record and content ($XDG_CACHE_HOME/plinth/cache)

The server is BuildGrid, from a hash lock; it needs Python 3.12. docs/ci.md has how to use another.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from machine.daemon import Daemon, exclusive
from machine.errors import ServiceError
from machine.settings import Address

ROOT = Path(__file__).resolve().parent.parent
NAME = "cache"
_LIMIT_SECONDS = 60
# It forgets which action had which result when it stops: that costs a run, and no bytes.
_CONFIGURATION = """\
server:
  - !channel
    address: {address}
    insecure-mode: true
instances:
  - name: ''
    storages:
      - !disk-storage &content
        path: {content}
    caches:
      - !lru-action-cache &results
        storage: *content
        max-cached-refs: 1000000
        allow-updates: true
    services:
      - !action-cache
        cache: *results
      - !cas
        storage: *content
      - !bytestream
        storage: *content
thread-pool-size: 64
"""


def main(argv: list[str]) -> int:
    commands = {"start": start, "stop": stop, "status": status}
    if len(argv) != 1 or argv[0] not in commands:
        asked_for_help = argv in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    state = Path(os.environ.get("PLINTH_CACHE_STATE") or home / "plinth" / NAME)
    try:
        address = Address.parse(os.environ.get("PLINTH_CACHE") or "127.0.0.1:8980")
        return commands[argv[0]](state.absolute(), address)
    except ServiceError as error:
        print(f"ci/cache: {error}", file=sys.stderr)
        return 1


def start(state: Path, address: Address) -> int:
    """Idempotent. Raises `ServiceError` where something else listens."""
    if not address.is_loopback:
        raise ServiceError(f"{address} is not on loopback: it has neither a login nor TLS.")
    with exclusive(state):
        daemon = Daemon(state, NAME)
        pid = daemon.pid()
        if pid is None:
            if _listens(address):
                raise ServiceError(f"{address} is taken. Choose another: export PLINTH_CACHE=…")
            pid = daemon.start(_command(state, address), lambda: _listens(address), _LIMIT_SECONDS)
    print(f"{NAME}: process {pid}, log {daemon.log}. To use it:")
    print(f"export REMOTE_CACHE=grpc://{address}")
    return 0


def stop(state: Path, address: Address) -> int:
    with exclusive(state):
        print(Daemon(state, NAME).stop())
    return 0


def status(state: Path, address: Address) -> int:
    pid = Daemon(state, NAME).pid()
    print(f"{NAME}: process {pid} at {address}" if pid else f"{NAME}: not running")
    return 0 if pid else 1


def _command(state: Path, address: Address) -> tuple[str, ...]:
    made = subprocess.run(
        (str(ROOT / "3rdparty/tools/bootstrap"), "venv", NAME, "--python", "3.12"),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode:
        raise ServiceError("the server could not be installed; see above.")
    configuration = state / "configuration.yml"
    configuration.write_text(_CONFIGURATION.format(address=address, content=state / "content"))
    return (f"{made.stdout.strip()}/bin/bgd", "server", "start", str(configuration))


def _listens(address: Address) -> bool:
    try:
        with socket.create_connection((address.host, address.port), timeout=1):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
