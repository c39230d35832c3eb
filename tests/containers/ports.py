"""Loopback ports that tests which run at the same time do not share."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from containers import locks
from containers.errors import HarnessError

# Below what Linux (32768) and macOS (49152) give to outgoing connections, so that none takes the
# port between the check here and the container's bind.
_RANGE = range(20_000, 32_000)
_TRIES = 200


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nothing listens on, and that no other test gets while this one holds it."""
    for port in random.sample(_RANGE, _TRIES):
        with locks.held(f"port-{port}") as ours:
            if ours and _is_free(port):
                yield port
                return
    raise HarnessError(f"none of {_TRIES} ports between {_RANGE[0]} and {_RANGE[-1]} is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
