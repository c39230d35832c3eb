"""Against a real registry and a real engine: those of `make services`, or of the environment."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.archive.tar import Entry, write_tar
from plinth.oci.format.descriptor import BASE_NAME
from plinth.oci.format.layout import Image, Stack, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish.engine import (
    DockerCommand,
    EngineError,
    bring,
    docker_program,
    registry_host,
)
from plinth.oci.registry.client import Registry
from plinth.oci.registry.push import push
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.oci.testing.layouts import write_image


def exit_with_argc() -> bytes:
    """A static x86-64 Linux program, so that no image is needed to run one: `_exit(argc)`."""
    code = b"\x5f\xb8\x3c\x00\x00\x00\x0f\x05"  # pop rdi; mov eax, 60; syscall
    address, headers = 0x400000, 64 + 56
    size = headers + len(code)
    elf = struct.pack(
        "<4sBBB9xHHIQQQIHHHHHH",
        *(b"\x7fELF", 2, 1, 1, 2, 62, 1, address + headers, 64, 0, 0, 64, 56, 1, 0, 0, 0),
    )
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, address, address, size, size, 0x1000)
    return elf + segment + code


def tar(*entries: Entry) -> bytes:
    out = io.BytesIO()
    write_tar(entries, out)
    return out.getvalue()


@pytest.fixture
def base(tmp_path: Path) -> Image:
    """A base of bytes that no other test, and no earlier run, has sent anywhere."""
    program = Entry("program", mode=0o755, content=exit_with_argc())
    bulk = Entry("bulk", content=os.urandom(1_000_000))
    layers = [tar(program), tar(bulk)]
    name = f"test-{uuid.uuid4().hex}"
    return write_image(tmp_path / "base", name, layers, config={"Entrypoint": ["/program"]})


def function(base: Image) -> Stack:
    name = f"test-{uuid.uuid4().hex}"
    root = base.root.parent / name
    write_image(root, name, [tar(Entry("code", content=name.encode()))], base)
    return read_stack(root, [base.root])


@pytest.fixture
def engine() -> DockerCommand:
    return DockerCommand(docker_program())


@pytest.fixture
def brought(engine: DockerCommand) -> Iterator[list[str]]:
    """What a test brings into the engine goes when it ends."""
    references: list[str] = []
    yield references
    if references:
        subprocess.run([docker_program(), "image", "rm", *references], check=False, timeout=60)


def test_a_registry_takes_an_image_and_mounts_its_base(base: Image) -> None:
    host, stack = registry_host(), function(base)
    below = push(stack.parts[1], Repository(host, f"plinth/{base.name}"), "v1")
    assert len(below.uploaded) == 3
    repository = Repository(host, f"plinth/{stack.image.name}")
    result = push(stack, repository, "v1")
    assert result.mounted == tuple(layer.digest for layer in base.layers)
    assert result.uploaded == (stack.image.layers[-1].digest, stack.image.config.digest)
    again = push(stack, repository, "v1")
    assert (again.uploaded, again.mounted) == ((), ())
    assert {*again.present} == {blob.digest for blob in stack.image.blobs}

    registry = Registry(host)
    assert registry.manifest_digest(repository.path, "v1") == stack.image.digest
    assert registry.manifest(repository.path, "v1").descriptor.digest == stack.image.digest
    for blob in (stack.image.config, *stack.image.layers):
        assert len(registry.read_blob(repository.path, blob)) == blob.size


def test_a_registry_mounts_an_external_base(base: Image, tmp_path: Path) -> None:
    host = registry_host()
    external = push(read_stack(base.root, []), Repository(host, f"plinth/{base.name}")).reference
    name = f"test-{uuid.uuid4().hex}"
    own = tar(Entry("code", content=name.encode()))
    image = write_image(tmp_path / name, name, [own], external_base=(external, base.layers))
    assert image.descriptor.annotation(BASE_NAME) == external
    result = push(read_stack(image.root, []), Repository(host, f"plinth/{name}"))
    assert result.mounted == tuple(layer.digest for layer in base.layers)


def test_an_engine_takes_the_base_s_bytes_once(
    base: Image, engine: DockerCommand, brought: list[str]
) -> None:
    with FakeRegistry() as registry:
        brought.append(bring(function(base), engine, registry.host))
        first = [request.path for request in registry.requests if request.method == "GET"]
        assert any(path.endswith(base.layers[-1].digest) for path in first)
        del registry.requests[:]

        second = function(base)
        brought.append(bring(second, engine, registry.host))
        image = second.image
        moved = {
            path.rpartition("/")[2]
            for method, path in (line.split(" ", 1) for line in registry.asked)
            if method == "GET" and "/blobs/" in path
        }
        assert moved == {image.config.digest, image.layers[-1].digest}
        sent = sum(len(request.body) for request in registry.requests)
        assert sent == image.config.size + image.layers[-1].size + image.descriptor.size


def test_an_image_runs(base: Image, brought: list[str]) -> None:
    stack = function(base)
    layouts = ["--layout", str(stack.image.root), "--base-layout", str(base.root)]
    options = ["--network", "none"]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "plinth.oci.publish.run",
            *layouts,
            *options,
            "--",
            "two",
            "--three",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    brought.append(f"{registry_host()}/plinth/{stack.image.name}@{stack.image.digest}")
    assert run.returncode == 3, run.stderr
    assert brought[0] in run.stderr


def test_no_engine_names_the_next_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: DockerCommand
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    with pytest.raises(EngineError, match="make services"):
        engine.has("127.0.0.1:5000/a@sha256:" + "0" * 64)
