"""Who a container belongs to, so that none outlives the test process that started it.

A test that ends, fails or is interrupted removes its own containers. For one that is killed, a
watchdog process does; and what both missed (a killed job takes its watchdog along), the next test
run removes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from docker import DockerClient

from containers import locks, watchdog
from containers.cleanup import label_value, remove_all, remove_orphans


@contextmanager
def owner(client: DockerClient) -> Iterator[str]:
    """The owner's label for the containers of this block; they are gone when it ends."""
    remove_orphans(client)
    lock = f"owner-{uuid.uuid4().hex}"
    value = label_value(lock)
    with locks.held(lock), _watched(value):
        try:
            yield value
        finally:
            remove_all(client, value)


@contextmanager
def _watched(value: str) -> Iterator[None]:
    # A session of its own, so that what is sent to the test's process group spares it.
    process = subprocess.Popen(
        [sys.executable, "-m", watchdog.__name__, value],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.kill()
        process.communicate()
