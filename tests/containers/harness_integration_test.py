"""The harness itself, with a toy lambda on the real base, under the real emulator."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from docker import DockerClient
from docker.errors import NotFound

from containers import function
from containers.aws import running_aws
from containers.cleanup import LABEL, label_value
from containers.engine import connect
from containers.errors import HarnessError
from containers.function import Configuration, Function, running
from containers.images import bring_into, stack_at
from containers.owner import owner
from containers.ports import reserved_port
from containers.toy import toy_lambda
from containers.unready import or_stop
from plinth.oci.format.layout import Stack


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerClient]:
    with or_stop():
        client = connect()
    yield client
    client.close()


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return toy_lambda(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def ours(docker: DockerClient) -> Iterator[str]:
    with owner(docker) as value:
        yield value


def start(
    docker: DockerClient, stack: Stack, ours: str, timeout_seconds: int = 30
) -> AbstractContextManager[Function]:
    configuration = Configuration("toy", 256, timeout_seconds, {"COLOUR": "blue"})
    return running(docker, bring_into(docker, stack), configuration, ours)


@pytest.fixture(scope="module")
def toy_function(docker: DockerClient, toy: Stack, ours: str) -> Iterator[Function]:
    with start(docker, toy, ours) as started:
        yield started


@pytest.mark.parametrize("event", [None, [], {}, {"a": [1, "é"]}, "text", 1.5])
def test_events_and_answers_are_json(toy_function: Function, event: object) -> None:
    answer = toy_function.invoke(event)
    assert (answer.payload, answer.error) == (event, None)


def test_an_exception_is_an_error(toy_function: Function) -> None:
    answer = toy_function.invoke({"do": "raise"})
    assert answer.error == "ValueError"
    assert answer.payload["errorMessage"] == "a bad event"
    assert "ValueError" in toy_function.logs()


def test_the_environment_is_lambda_s(toy_function: Function) -> None:
    environment = toy_function.invoke({"do": "environment"}).payload
    expected = {
        "AWS_LAMBDA_FUNCTION_NAME": "toy",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "COLOUR": "blue",
    }
    assert expected.items() <= environment.items()
    assert not any(name.startswith(("PLINTH", "PANTS", "DOCKER")) for name in environment)


def test_peak_memory_is_the_lambda_s(toy_function: Function) -> None:
    toy_function.invoke({})
    before = toy_function.peak_memory()
    toy_function.invoke({"do": "grow", "bytes": 100_000_000})
    assert 95_000_000 < toy_function.peak_memory() - before < 110_000_000


def test_more_memory_than_the_limit_kills_the_lambda(
    docker: DockerClient, toy: Stack, ours: str
) -> None:
    with start(docker, toy, ours, timeout_seconds=5) as started:
        assert started.invoke({"do": "grow", "bytes": 400_000_000}).error


def test_a_function_that_hangs_is_an_error_with_its_limit(
    docker: DockerClient, toy: Stack, ours: str
) -> None:
    with start(docker, toy, ours, timeout_seconds=3) as started:
        began = time.monotonic()
        answer = started.invoke({"do": "hang"})
        assert time.monotonic() - began < 3 + function._GRACE_SECONDS
        assert answer.error == "Sandbox.Timedout"
        assert "hanging now" in started.logs()


def test_an_emulator_that_hangs_is_an_error_with_the_log(
    docker: DockerClient, toy: Stack, ours: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(docker, toy, ours) as started:
        started.invoke({})
        monkeypatch.setattr(function, "_GRACE_SECONDS", -29)
        with pytest.raises(HarnessError) as error:
            started.invoke({"do": "hang"})
    assert "within 1 s" in str(error.value)
    assert "hanging now" in str(error.value)


def test_a_handler_that_does_not_import_says_why(
    docker: DockerClient, ours: str, tmp_path: Path
) -> None:
    stack = toy_lambda(tmp_path, "from ingestion import a_name_that_it_lacks")
    with start(docker, stack, ours) as started:
        answer = started.invoke({})
        assert answer.error == "Runtime.ImportModuleError"
        assert "a_name_that_it_lacks" in started.logs()


def inner(folder: Path, body: str, *arguments: str, **variables: str) -> str:
    """What pytest prints for a test file, whose tests do not pass."""
    test = folder / "inner_test.py"
    test.write_text(body)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *_INNER_OPTIONS, *arguments, str(test)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1, run.stdout
    return run.stdout


CONTRACT = """
from containers.contract import LambdaContract

class TestToy(LambdaContract):
    layout = {layout!r}

    def test_of_its_own(self, function):
        assert function.invoke({{}}).error is None
"""


def test_a_handler_that_does_not_import_fails_one_test(tmp_path: Path) -> None:
    stack = toy_lambda(tmp_path, "from ingestion import a_name_that_it_lacks")
    body = CONTRACT.format(layout=str(stack.image.root))
    output = inner(tmp_path, body, "-rfs")
    assert re.search(r"= 1 failed, \d+ skipped in", output), output
    assert re.search(r"^FAILED .*::TestToy::test_the_handler_imports", output, re.MULTILINE)
    assert "ImportError: cannot import name 'a_name_that_it_lacks'" in output
    assert "the handler does not import: test_the_handler_imports fails" in output
    # Not green by being asked for alone.
    output = inner(tmp_path, body, "-k", "test_of_its_own")
    assert "1 error" in output
    assert "a_name_that_it_lacks" in output


def test_a_registry_that_does_not_answer_is_one_sentence(toy: Stack, tmp_path: Path) -> None:
    body = CONTRACT.format(layout=str(toy.image.root))
    output = inner(tmp_path, body, PLINTH_REGISTRY="127.0.0.1:1")
    assert output.count("no registry answers at 127.0.0.1:1") == 1
    assert "make services" in output
    assert "Traceback" not in output
    assert " error" not in output


@pytest.fixture
def emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the test's own in the emulator's place."""
    path = tmp_path / "emulator"
    monkeypatch.setattr(function, "EMULATOR", path)
    return path


def write_program(path: Path, code: str) -> None:
    path.write_text(f"#!/usr/bin/python3\n{code}\n")
    path.chmod(0o755)


def test_readiness_has_a_limit_and_prints_the_last_log_lines(
    docker: DockerClient, toy: Stack, emulator: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, "_READY_SECONDS", 2)
    code = "import time\nfor n in range(30): print(f'line {n}.', flush=True)\ntime.sleep(3600)"
    write_program(emulator, code)
    with owner(docker) as ours:
        with pytest.raises(HarnessError) as error, start(docker, toy, ours):
            pass
        assert containers_of(docker, ours) == []
    assert "did not answer within 2 s" in str(error.value)
    assert "line 29." in str(error.value)
    assert "line 9." not in str(error.value)


def test_a_container_that_ends_is_not_waited_for(
    docker: DockerClient, toy: Stack, emulator: Path
) -> None:
    write_program(emulator, "raise SystemExit('no such thing')")
    with owner(docker) as ours:
        with pytest.raises(HarnessError, match="exit code 1") as error, start(docker, toy, ours):
            pass
        assert containers_of(docker, ours) == []
    assert "no such thing" in str(error.value)


def test_no_emulator_says_how_to_get_it(
    docker: DockerClient, toy: Stack, ours: str, emulator: Path
) -> None:
    with pytest.raises(HarnessError, match="pants test"), start(docker, toy, ours):
        pass


def test_no_image_says_how_to_get_it() -> None:
    with pytest.raises(HarnessError, match="runtime_package_dependencies"):
        stack_at("lambdas.absent/image")


def test_no_engine_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")
    with pytest.raises(HarnessError, match="make services"):
        connect()


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_that_another_program_takes_meanwhile_is_given_up(
    docker: DockerClient,
    toy: Stack,
    ours: str,
    monkeypatch: pytest.MonkeyPatch,
    which: int,
) -> None:
    given: list[int] = []

    with socket.create_server(("127.0.0.1", 0)) as taken:

        @contextmanager
        def unlucky() -> Iterator[int]:
            with reserved_port() as port:
                given.append(taken.getsockname()[1] if len(given) == which else port)
                yield given[-1]

        monkeypatch.setattr(function, "reserved_port", unlucky)
        with start(docker, toy, ours) as started:
            assert started.invoke({"a": 1}).payload == {"a": 1}
    assert len(given) == 4


def test_functions_run_side_by_side(docker: DockerClient, toy: Stack, ours: str) -> None:
    with start(docker, toy, ours) as one, start(docker, toy, ours) as other:
        assert one.invoke({"n": 1}).payload == {"n": 1}
        assert other.invoke({"n": 2}).payload == {"n": 2}


def test_every_aws_is_empty_at_first() -> None:
    for _ in range(2):
        with running_aws() as aws:
            client = aws.client("secretsmanager")
            client.create_secret(Name="a", SecretString="x")


def containers_of(docker: DockerClient, value: str) -> list[str]:
    found = docker.containers.list(all=True, filters={"label": f"{LABEL}={value}"})
    return [str(container.id) for container in found]


def test_containers_of_the_dead_are_removed_and_those_of_the_living_are_not(
    docker: DockerClient, toy: Stack
) -> None:
    reference = bring_into(docker, toy)
    dead = label_value("owner-that-never-was")
    elsewhere = "another-machine/0/owner-that-never-was"
    for value in (dead, elsewhere):
        docker.containers.create(reference, labels={LABEL: value})
    with owner(docker) as living:
        docker.containers.create(reference, labels={LABEL: living})
        with owner(docker):
            pass
        assert containers_of(docker, dead) == []
        assert len(containers_of(docker, living)) == 1
    assert containers_of(docker, living) == []
    (spared,) = containers_of(docker, elsewhere)
    docker.containers.get(spared).remove()


TEST = """
import pathlib
from containers.contract import LambdaContract

class TestToy(LambdaContract):
    layout = {layout!r}
    refusals = ()

    def test_inner(self, function):
        assert function.invoke({{"a": 1}}).payload == {{"a": 1}}
        started = pathlib.Path({started!r})
        started.with_suffix(".part").write_text(function.container.id)
        started.with_suffix(".part").rename(started)
        {then}
"""

# Its plugin is slow to import, and of no use here.
_INNER_OPTIONS = ("-c", os.devnull, "-p", "no:hypothesispytest")

HANG = 'function.invoke({"do": "hang"})'


@pytest.mark.parametrize(
    ("then", "how"),
    [
        ("assert False", None),
        (HANG, signal.SIGINT),
        (HANG, signal.SIGTERM),
        (HANG, signal.SIGKILL),
    ],
)
def test_nothing_is_left_running(
    docker: DockerClient, toy: Stack, tmp_path: Path, then: str, how: signal.Signals | None
) -> None:
    started, test = tmp_path / "started", tmp_path / "inner_test.py"
    test.write_text(TEST.format(layout=str(toy.image.root), started=str(started), then=then))
    with (tmp_path / "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *_INNER_OPTIONS, "-k", "test_inner", str(test)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(started.exists, process, output.name)
            if how is not None:
                # To the whole group, as a terminal, a CI job's end and Pants do.
                os.killpg(process.pid, how)
            process.wait(timeout=30)
        finally:
            process.kill()
    identity = started.read_text()
    wait_for(lambda: not exists(docker, identity), None, output.name)


def exists(docker: DockerClient, identity: str) -> bool:
    try:
        docker.containers.get(identity)
    except NotFound:
        return False
    return True


def wait_for(done: object, process: subprocess.Popen[bytes] | None, output: str) -> None:
    """Wait at most 30 s; a process that ended before is a failure that shows its output."""
    assert callable(done)
    deadline = time.monotonic() + 30
    while not done():
        ended = process is not None and process.poll() is not None
        if (ended and not done()) or time.monotonic() > deadline:
            pytest.fail(Path(output).read_text())
        time.sleep(0.05)
