"""Docker's engine, through its SDK."""

from __future__ import annotations

import os

import docker
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound

from containers.errors import HarnessError

_SECONDS = 120


def connect() -> DockerClient:
    """The engine of `DOCKER_HOST`, or the default one. Raises `HarnessError` when it is not up."""
    host = os.environ.get("DOCKER_HOST")
    where = f"DOCKER_HOST={host}" if host else "the default socket"
    try:
        client = docker.from_env(timeout=_SECONDS)
        client.ping()
    except DockerException as error:
        raise HarnessError(
            f"Docker's engine does not answer ({where}): {_reason(error)}. Start it with "
            "`make services`, or set DOCKER_HOST to one that runs."
        ) from error
    return client


def _reason(error: BaseException) -> str:
    """What the system said first; the SDK's own text holds it in two layers of `repr`."""
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error)


class SdkEngine:
    """The engine as `plinth.oci.publish.engine` needs it."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def has(self, reference: str) -> bool:
        try:
            self._client.images.get(reference)
        except ImageNotFound:
            return False
        return True

    def pull(self, reference: str) -> None:
        try:
            self._client.images.pull(reference)
        except APIError as error:
            raise HarnessError(f"Docker's engine does not take {reference}: {error}") from error
