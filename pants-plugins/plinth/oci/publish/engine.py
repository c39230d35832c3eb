"""Brings an image into Docker's engine by way of the registry, so that shared layers move once.

`docker load` reads the whole archive, base included, for every image. A pull by digest transfers
what the engine lacks, and runs exactly what the registry holds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Protocol

from plinth.oci.errors import OciError
from plinth.oci.format.layout import Stack
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.push import push
from plinth.oci.registry.transport import NotRunning

_DEFAULT_REGISTRY = "127.0.0.1:5000"
_PULL_SECONDS = 600


class EngineError(OciError):
    """Docker's engine is not there, or does not take the image."""


class Engine(Protocol):
    """What is needed of Docker's engine."""

    def has(self, reference: str) -> bool:
        """Whether it has the image `repository@sha256:…`."""

    def pull(self, reference: str) -> None:
        """Take the image from its registry. Raises `EngineError`."""


def registry_host(env: Mapping[str, str] = os.environ) -> str:
    """The registry for images on this machine: `PLINTH_REGISTRY`, or the one of `make services`."""
    return env.get("PLINTH_REGISTRY") or _DEFAULT_REGISTRY


def bring(
    stack: Stack,
    engine: Engine,
    host: str,
    *,
    connect: Callable[[str], Registry] = Registry,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Bring the image on top of the stack into the engine; its `repository@sha256:…` there.

    The bases go to the registry first, each to a repository of its own, so that no byte of theirs
    is sent for the images that stand on them. Nothing is asked of the registry for an image that
    the engine has. Raises `OciError`.
    """
    with _naming(host):
        reference = _repository(stack, host).at(stack.image.digest)
    if not engine.has(reference):
        with _naming(host):
            _push_all(stack, host, connect, say)
        engine.pull(reference)
        say(f"{stack.image.name}: in Docker's engine, as {reference}")
    return reference


@contextmanager
def _naming(host: str) -> Iterator[None]:
    """Errors with the registry that they are about, and what to do; one that says so stays."""
    try:
        yield
    except NotRunning:
        raise
    except OciError as error:
        raise EngineError(
            f"Docker's engine is given images by way of the registry {host}, and there: {error}. "
            "Start one with `make services`, or set PLINTH_REGISTRY to one that runs."
        ) from error


def _repository(stack: Stack, host: str) -> Repository:
    return Repository.parse(f"{host}/plinth/{stack.image.name}")


def _push_all(
    stack: Stack, host: str, connect: Callable[[str], Registry], say: Callable[[str], None]
) -> None:
    # Tests of several lambdas start at once: the first sends the base, the others wait for it.
    with _turn():
        for part in reversed(stack.parts):
            push(part, _repository(part, host), connect=connect, say=say)


@contextmanager
def _turn() -> Iterator[None]:
    """Held by one process of this user at a time; the kernel gives it up when that dies."""
    with (Path(tempfile.gettempdir()) / f"plinth-{os.getuid()}-push.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def docker_program() -> str:
    """Docker's command line on PATH. Raises `EngineError` when there is none."""
    program = shutil.which("docker")
    if program is None:
        raise EngineError(
            "no `docker` on PATH. Install Docker's command line: see `make services`."
        )
    return program


class DockerCommand:
    """The engine as Docker's command line reaches it: `DOCKER_HOST`, its contexts, its logins."""

    def __init__(self, program: str) -> None:
        self._program = program

    def has(self, reference: str) -> bool:
        run = self._run("image", "inspect", "--format", "{{.Id}}", reference)
        if run.returncode == 0:
            return True
        if "No such image" in run.stderr:
            return False
        raise EngineError(_complaint(run.stderr))

    def pull(self, reference: str) -> None:
        run = self._run("pull", "--quiet", reference)
        if run.returncode != 0:
            raise EngineError(_complaint(run.stderr))

    def push(self, image_id: str, reference: str) -> None:
        """Push an image of the engine as `host/repository:tag`. Raises `EngineError`."""
        for command in (("tag", image_id, reference), ("push", "--quiet", reference)):
            run = self._run(*command)
            if run.returncode != 0:
                raise EngineError(_complaint(run.stderr))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self._program, *arguments],
                capture_output=True,
                text=True,
                timeout=_PULL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                f"`docker {' '.join(arguments)}` took more than {_PULL_SECONDS} s"
            ) from error


def _complaint(said: str) -> str:
    said = said.strip()
    if "Cannot connect to the Docker daemon" in said or "error during connect" in said:
        return f"Docker's engine does not answer: {said} Start it with `make services`."
    return f"Docker's engine: {said}"
