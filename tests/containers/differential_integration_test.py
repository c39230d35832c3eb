"""This repository's own images, as Pants assembles them and as Docker builds the same contexts.

Needs Docker's engine, and a `docker` with BuildKit. What is compared: every path's kind, mode,
owner, link and content, and the configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient

from containers.engine import connect
from containers.images import bring_into, stack_at
from containers.unready import or_stop
from plinth.oci.format.layout import read_blob

LAMBDA = "lambdas.landing_to_raw/image"
SETTINGS = ("Env", "Entrypoint", "Cmd", "WorkingDir", "User", "Labels", "ExposedPorts", "Volumes")
# The builder and the engine put their own into these, whatever the image says.
OF_THE_ENGINE = ("dev", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf", "proc", "sys")


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    with or_stop():
        client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module", params=["1", "0"], ids=["buildkit", "legacy"])
def built(request: Any, client: DockerClient) -> Iterator[dict[str, str]]:
    """The base and a lambda on it, built by Docker: their tags by name."""
    tags = {name: f"plinth-differential/{name}:{uuid.uuid4().hex}" for name in ("base", "lambda")}
    build(request.param, tags["base"], Path("base/Dockerfile").read_text())
    build(request.param, tags["lambda"], f"FROM {tags['base']}\n{own_instructions()}\n")
    yield tags
    for tag in reversed(tags.values()):
        client.images.remove(tag, force=True)


def own_instructions() -> str:
    """The lambda's instructions below its FROM, from its history."""
    stack = stack_at(LAMBDA)
    histories = [
        json.loads(read_blob(image.config, stack.roots))["history"] for image in stack.images
    ]
    own = histories[0][len(histories[1]) :]
    return "\n".join(event["created_by"] for event in own)


def build(buildkit: str, tag: str, dockerfile: str) -> None:
    """Have Docker build an image of the working directory."""
    run = subprocess.run(
        [
            docker_with_buildkit(),
            "build",
            "--quiet",
            "--tag",
            tag,
            "--file",
            write(dockerfile),
            ".",
        ],
        env={**os.environ, "DOCKER_BUILDKIT": buildkit},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.returncode == 0, f"{tag}: {run.stderr}"


def write(dockerfile: str) -> str:
    """A Dockerfile in the working directory, where the older builder wants it."""
    name = f"{uuid.uuid4().hex}.Dockerfile"
    Path(name).write_text(dockerfile)
    return name


def docker_with_buildkit() -> str:
    """The first `docker` whose BuildKit works: another on PATH may lack a part of it."""
    for folder in (*os.environ["PATH"].split(":"), "/usr/bin"):
        docker = f"{folder}/docker"
        if os.access(docker, os.X_OK):
            env = {**os.environ, "DOCKER_BUILDKIT": "1"}
            told = subprocess.run(
                [docker, "build", "--help"], env=env, capture_output=True, text=True, check=False
            )
            if "--progress" in told.stdout:
                return docker
    raise AssertionError("no `docker` with BuildKit on PATH: install docker.io, or docker-buildx")


def tree(client: DockerClient, image: str) -> dict[str, tuple[Any, ...]]:
    """What a container of the image sees, by path."""
    container = client.containers.create(image, command=["-"])
    try:
        with tempfile.TemporaryFile() as file:
            for piece in container.export():
                file.write(piece)
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r|") as tar:
                return {info.name: facts(tar, info) for info in tar if is_ours(info.name)}
    finally:
        container.remove(force=True)


def is_ours(path: str) -> bool:
    return not any(path == each or path.startswith(f"{each}/") for each in OF_THE_ENGINE)


def facts(tar: tarfile.TarFile, info: tarfile.TarInfo) -> tuple[Any, ...]:
    content = tar.extractfile(info) if info.isreg() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else ""
    return (info.type, oct(info.mode), info.uid, info.gid, info.linkname, digest)


def settings(client: DockerClient, image: str) -> dict[str, Any]:
    """The configuration; what is empty counts as not there."""
    config = client.images.get(image).attrs["Config"]
    return {name: config.get(name) or None for name in SETTINGS}


@pytest.mark.parametrize(("name", "layout"), [("base", "base/image"), ("lambda", LAMBDA)])
def test_docker_builds_the_same_tree_and_configuration(
    client: DockerClient, built: dict[str, str], name: str, layout: str
) -> None:
    ours = bring_into(client, stack_at(layout))

    assert settings(client, ours) == settings(client, built[name])
    one, other = tree(client, ours), tree(client, built[name])
    assert one.keys() ^ other.keys() == set()
    assert {path: (one[path], other[path]) for path in one if one[path] != other[path]} == {}
    assert len(one) > 2000
