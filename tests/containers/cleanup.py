"""Removes containers by the label that says which test process they belong to."""

from __future__ import annotations

import os
import socket
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from containers import locks

LABEL = "dev.plinth.owner"
_BEING_REMOVED = 409


def label_value(lock: str) -> str:
    """The label of containers whose owner holds the lock of that name, on this machine."""
    return f"{_here()}/{lock}"


def remove_all(client: DockerClient, value: str) -> None:
    """Remove the containers with this value of `LABEL`, running or not."""
    for container in _labelled(client, f"{LABEL}={value}"):
        try:
            container.remove(force=True, v=True)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code != _BEING_REMOVED:
                raise


def remove_orphans(client: DockerClient) -> None:
    """Remove the containers of this user's processes on this machine that live no more."""
    for value in {container.attrs["Labels"][LABEL] for container in _labelled(client, LABEL)}:
        where, _, lock = value.rpartition("/")
        if where == _here() and not locks.is_held(lock):
            remove_all(client, value)


def _labelled(client: DockerClient, label: str) -> list[Any]:
    # Sparse: a container that somebody else removes meanwhile cannot be asked for its details.
    found: list[Any] = client.containers.list(all=True, sparse=True, filters={"label": label})
    return found


def _here() -> str:
    return f"{socket.gethostname()}/{os.getuid()}"
