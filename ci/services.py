"""Starts what the containers and their tests need, where it is not running already.

    ci/services start    a Docker engine, and a registry on loopback
    ci/services stop     stops what `start` started, and nothing else
    ci/services status   what is running; exits with 1 if something is not
    ci/services browser  a Chromium for the tests of pages; only they need it

Environment:
    PLINTH_REGISTRY      address of the registry (127.0.0.1:5000)
    DOCKER_HOST          the engine to use; one that is not there is started only for unix://
    PLINTH_DOCKER_ARGS   more arguments for a dockerd that this starts
    PLINTH_ENGINE_LIMIT  seconds that a dockerd may take to come up (300)
    XDG_CACHE_HOME       state, logs and the registry's storage stand in plinth/services there

On Debian and Ubuntu, root gets missing packages installed. Elsewhere an error says what to start.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from machine import browsers, engine, registry
from machine.daemon import Daemon, exclusive
from machine.errors import ServiceError
from machine.host import Host
from machine.settings import Settings


def main(argv: list[str]) -> int:
    commands = {"start": start, "stop": stop, "status": status, "browser": browser}
    if len(argv) != 1 or argv[0] not in commands:
        asked_for_help = argv in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    try:
        settings = Settings.read(os.environ, Path.home())
        return commands[argv[0]](settings)
    except ServiceError as error:
        print(f"ci/services: {error}", file=sys.stderr)
        return 1


def start(settings: Settings) -> int:
    """Idempotent: a second run finds both and does nothing."""
    host = Host.this()
    with exclusive(settings.state):
        print(engine.ensure(settings, host), flush=True)
        print(registry.ensure(settings, host), flush=True)
    return 0


def stop(settings: Settings) -> int:
    with exclusive(settings.state):
        for name in (registry.NAME, engine.NAME):
            print(Daemon(settings.state, name).stop())
    return 0


def browser(settings: Settings) -> int:
    """Idempotent as well. Nothing is started: a test that needs the program runs it."""
    with exclusive(settings.state):
        print(browsers.ensure(Host.this()), flush=True)
    return 0


def status(settings: Settings) -> int:
    running = (engine.status(settings), registry.status(settings))
    for line, _ in running:
        print(line)
    return 0 if all(up for _, up in running) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
