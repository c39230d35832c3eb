"""`./pants run` and `./pants invoke`, as the program that both start, with a toy lambda."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import DockerClient

from containers.aws import running_aws
from containers.engine import connect
from containers.toy import toy_lambda
from containers.unready import or_stop

PROGRAM = (sys.executable, "-m", "containers.local")


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerClient]:
    with or_stop():
        client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The options that name the toy's layouts, and its folder with a sample event."""
    folder = tmp_path_factory.mktemp("local")
    stack = toy_lambda(folder)
    (folder / "events").mkdir()
    (folder / "events/hello.json").write_text('{"hello": "é"}')
    layouts = ("--layout", str(stack.image.root), "--base-layout", str(stack.bases[0].root))
    return (*layouts, "--folder", str(folder))


def environment(**more: str) -> dict[str, str]:
    """This process's, with its import path and without its AWS."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {**own, **nowhere, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more}


def run(
    toy: tuple[str, ...], *arguments: str, stdin: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *toy, *arguments],
        env=environment(**more),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_event_is_answered_on_standard_output_and_logged_on_the_other(
    toy: tuple[str, ...], tmp_path: Path
) -> None:
    ran = run(toy, "--event=-", stdin='{"hello": "é"}')
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {"hello": "é"}), ran.stderr
    assert "REPORT RequestId" in ran.stderr


def test_a_failed_function_is_an_exit_code(toy: tuple[str, ...]) -> None:
    ran = run(toy, "--event=-", stdin='{"do": "raise"}')
    assert (ran.returncode, json.loads(ran.stdout)["errorType"]) == (1, "ValueError")


def test_what_is_no_event_starts_nothing(toy: tuple[str, ...]) -> None:
    ran = run(toy, "--event=-", stdin="hello", DOCKER_HOST="tcp://127.0.0.1:9")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == ("error: standard input:1:1: the event is no JSON: Expecting value\n")


def test_without_an_event_it_is_up_until_it_is_interrupted(
    docker: DockerClient, toy: tuple[str, ...]
) -> None:
    process = subprocess.Popen(
        [*PROGRAM, *toy, "-e", "COLOUR=blue"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        # Its one line of output; nothing at all when it ends instead.
        command = shlex.split(process.stdout.readline())
        assert command[:2] == ["curl", "-d"], process.communicate()[1]
        assert answer(command[-1], Path(command[2].removeprefix("@")).read_bytes()) == {
            "hello": "é"
        }
        variables = answer(command[-1], b'{"do": "environment"}')
        assert variables["COLOUR"] == "blue"
        assert variables["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        started = listening_on(docker, command[-1])
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, log
    assert "the container is removed" in log
    assert "START RequestId" in log
    assert not docker.containers.list(all=True, filters={"id": started})


def listening_on(docker: DockerClient, url: str) -> str:
    """The id of the container whose emulator was told this address."""
    address = url.split("/")[2]
    (found,) = (
        container.id
        for container in docker.containers.list(filters={"label": "dev.plinth.owner"})
        if address in container.attrs["Config"]["Entrypoint"]
    )
    return str(found)


def answer(url: str, event: bytes) -> dict[str, str]:
    with urllib.request.urlopen(url, data=event, timeout=60) as response:
        found: dict[str, str] = json.load(response)
        return found


def test_a_port_that_is_taken_is_an_error(toy: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ran = run(toy, f"--port={port}")
    assert ran.returncode == 1
    assert f"error: port {port} is taken" in ran.stderr


def test_the_environment_s_own_aws(toy: tuple[str, ...]) -> None:
    with running_aws() as aws:
        ran = run(toy, "--event=-", stdin='{"do": "environment"}', **aws.environment)
        assert json.loads(ran.stdout).items() >= aws.environment.items()
        assert "AWS: the environment's, eu-west-2" in ran.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [({}, "no region"), ({"AWS_REGION": "eu-west-2"}, "no credentials")],
)
def test_an_environment_without_an_aws_is_an_error(
    toy: tuple[str, ...], given: dict[str, str], says: str
) -> None:
    ran = run(toy, "--aws=environment", **given)
    assert ran.returncode == 1
    assert f"error: --aws=environment: {says}" in ran.stderr


def test_a_variable_that_is_not_there_is_an_error(toy: tuple[str, ...]) -> None:
    ran = run(toy, "-e", "NOT_SET_ANYWHERE")
    assert ran.returncode == 1
    assert "error: -e NOT_SET_ANYWHERE: no such variable here" in ran.stderr
