from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.oci.errors import OciError
from plinth.oci.format.layout import Image, Stack, read_stack
from plinth.oci.publish.engine import (
    DockerCommand,
    EngineError,
    bring,
    docker_program,
    registry_host,
)
from plinth.oci.publish.run import command, main
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Traffic, Transport
from plinth.oci.testing.fake_registry import FakeRegistry, Request
from plinth.oci.testing.layouts import write_image


class ToyEngine:
    def __init__(self) -> None:
        self.images: list[str] = []

    def has(self, reference: str) -> bool:
        return reference in self.images

    def pull(self, reference: str) -> None:
        self.images.append(reference)


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def base(tmp_path: Path) -> Image:
    return write_image(tmp_path / "base", "base", [b"runtime" * 10_000, b"library" * 10_000])


def function(base: Image, name: str) -> Stack:
    write_image(base.root.parent / name, name, [name.encode()], base)
    return read_stack(base.root.parent / name, [base.root])


def test_an_image_is_pushed_and_pulled_by_digest(server: FakeRegistry, base: Image) -> None:
    engine, stack = ToyEngine(), function(base, "authorizer")
    reference = bring(stack, engine, server.host)
    assert reference == f"{server.host}/plinth/authorizer@{stack.image.digest}"
    assert engine.images == [reference]
    assert ("plinth/authorizer", stack.image.digest) in server.manifests


def test_an_image_that_the_engine_has_asks_nothing(server: FakeRegistry, base: Image) -> None:
    engine, stack = ToyEngine(), function(base, "authorizer")
    bring(stack, engine, server.host)
    del server.requests[:]
    bring(stack, engine, server.host)
    assert not server.requests
    assert len(engine.images) == 1


def test_a_second_lambda_sends_its_own_layer_alone(server: FakeRegistry, base: Image) -> None:
    traffic = Traffic()

    def connect(host: str) -> Registry:
        return Registry(host, Transport(record=traffic.record))

    bring(function(base, "authorizer"), ToyEngine(), server.host, connect=connect)
    del traffic.exchanges[:]
    stack = function(base, "presigned_url")
    bring(stack, ToyEngine(), server.host, connect=connect)
    own = [stack.image.layers[-1].size, stack.image.config.size, stack.image.descriptor.size]
    assert traffic.sent == sum(own)
    # The base is asked for, its manifest and each of its blobs, and nothing of it is sent.
    of_base = [exchange.method for exchange in traffic.exchanges if "plinth/base/" in exchange.url]
    assert of_base == ["HEAD"] * (1 + len(base.blobs))


def test_lambdas_that_start_at_once_send_the_base_once(server: FakeRegistry, base: Image) -> None:
    stacks = [function(base, name) for name in ("a", "b", "c", "d")]
    failed: list[BaseException] = []

    def start(stack: Stack) -> None:
        try:
            bring(stack, ToyEngine(), server.host)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=start, args=(stack,)) for stack in stacks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not failed

    def sends_base(request: Request) -> bool:
        return request.method == "PUT" and request.query.get("digest") == base.layers[0].digest

    assert sum(map(sends_base, server.requests)) == 1


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1:1", "no registry answers at 127.0.0.1:1"),
        ("registry.invalid:5000", "no host of that name"),
        ("nonsense", "does not begin with a registry's host"),
    ],
)
def test_a_registry_that_is_none_is_named_with_the_next_command(
    base: Image, host: str, why: str
) -> None:
    with pytest.raises(OciError, match=why) as error:
        bring(function(base, "authorizer"), ToyEngine(), host)
    assert str(error.value).count("`make services`") == 1
    assert str(error.value).count("PLINTH_REGISTRY") == 1
    assert host in str(error.value)


def test_where_the_registry_is() -> None:
    assert registry_host({}) == "127.0.0.1:5000"
    assert registry_host({"PLINTH_REGISTRY": ""}) == "127.0.0.1:5000"
    assert registry_host({"PLINTH_REGISTRY": "127.0.0.1:6000"}) == "127.0.0.1:6000"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that writes its arguments to `called`, and does what `script` says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n. {tmp_path}/script\n')
    program.chmod(0o755)
    (tmp_path / "script").write_text("exit 0")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path


def test_the_command_line(docker: Path) -> None:
    engine = DockerCommand(docker_program())
    assert engine.has("r@d")
    engine.pull("r@d")
    assert (docker / "called").read_text().splitlines() == [
        "image inspect --format {{.Id}} r@d",
        "pull --quiet r@d",
    ]


def test_an_image_that_is_absent(docker: Path) -> None:
    (docker / "script").write_text("echo 'Error: No such image: r@d' >&2; exit 1")
    assert not DockerCommand(docker_program()).has("r@d")


def test_no_engine_names_the_next_command(docker: Path) -> None:
    (docker / "script").write_text("echo 'Cannot connect to the Docker daemon at x.' >&2; exit 1")
    engine = DockerCommand(docker_program())
    with pytest.raises(
        EngineError, match="does not answer: .* at x. Start it with `make services`"
    ):
        engine.has("r@d")
    with pytest.raises(EngineError, match="make services"):
        engine.pull("r@d")


def test_a_pull_that_fails_says_why(docker: Path) -> None:
    (docker / "script").write_text("echo no space left on device >&2; exit 1")
    with pytest.raises(EngineError, match="no space left on device"):
        DockerCommand(docker_program()).pull("r@d")


def test_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="no `docker` on PATH"):
        docker_program()


def test_run_hands_options_and_arguments_to_docker(docker: Path, base: Image) -> None:
    stack = function(base, "authorizer")
    layouts = ["--layout", str(stack.image.root), "--base-layout", str(base.root)]
    run = command([*layouts, "-it", "--env", "A=1", "-e", "B=2", "-h", "x", "--", "-m", "--layout"])
    reference = f"127.0.0.1:5000/plinth/authorizer@{stack.image.digest}"
    options = ["-it", "--env", "A=1", "-e", "B=2", "-h", "x"]
    assert run[1:] == ["run", "--rm", *options, reference, "-m", "--layout"]


def test_run_without_options_or_arguments(docker: Path, base: Image) -> None:
    assert command(["--layout", str(base.root)])[1:] == [
        "run",
        "--rm",
        f"127.0.0.1:5000/plinth/base@{base.digest}",
    ]


def test_run_fails_without_a_traceback(docker: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="^error: no image layout at"):
        main(["--layout", str(tmp_path / "absent")])


def test_a_push_tags_first_and_says_why_it_fails(docker: Path) -> None:
    reference = "127.0.0.1:1/a:v1"
    DockerCommand(docker_program()).push("sha256:1", reference)
    called = (docker / "called").read_text().splitlines()
    assert called == [f"tag sha256:1 {reference}", f"push --quiet {reference}"]
    (docker / "script").write_text("echo denied >&2; exit 1")
    with pytest.raises(EngineError, match="denied"):
        DockerCommand(docker_program()).push("sha256:1", reference)
