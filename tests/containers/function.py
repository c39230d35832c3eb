"""A lambda's container under AWS's runtime interface emulator, set up as Lambda would run it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import Ulimit

from containers.answer import Answer
from containers.cleanup import LABEL
from containers.errors import HarnessError
from containers.ports import reserved_port

# Pants puts it beside this file, wherever that is.
EMULATOR = Path(__file__).absolute().with_name("emulator")
_EMULATOR_THERE = "/usr/local/bin/aws-lambda-rie"
_INVOCATIONS = "/2015-03-31/functions/function/invocations"
_READY_SECONDS = 10
_GRACE_SECONDS = 5
_POLL_SECONDS = 0.02
_LOG_LINES = 20
_STARTS = 3
# Lambda's quotas: 1,024 processes and threads, 1,024 open files, 512 MB of /tmp.
_PROCESSES = 1024
_FILES = 1024
_TMP = "rw,exec,nosuid,nodev,mode=1777,size=512m"
# Neither root nor an owner of the image's files: what Lambda's user may not do, this one may not.
_USER = "993:990"


@dataclass(frozen=True)
class Configuration:
    """A function's configuration, as it is given to Lambda."""

    name: str
    memory_mb: int = 512
    timeout_seconds: int = 30
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """The environment: what Lambda sets by itself, and the function's own."""
        return {
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_seconds),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "$LATEST",
            **self.environment,
        }


@dataclass(frozen=True)
class Output:
    """What a program in the container wrote, both streams, and its exit code."""

    code: int
    text: str


class Function:
    """A running function: `invoke` it, read its `logs`, look around with `python`."""

    def __init__(self, container: Container, port: int, configuration: Configuration) -> None:
        self.container = container
        self._port = port
        self._configuration = configuration

    @property
    def url(self) -> str:
        """Where events are posted to."""
        return f"http://127.0.0.1:{self._port}{_INVOCATIONS}"

    def invoke(self, event: Any) -> Answer:
        """The answer to an event. The first invocation starts the runtime.

        Raises `HarnessError`, with the container's log, when none comes within the function's own
        limit of time and a little more.
        """
        limit = self._configuration.timeout_seconds + _GRACE_SECONDS
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=limit)
        try:
            connection.request("POST", _INVOCATIONS, json.dumps(event))
            content = connection.getresponse().read()
            return Answer.parse(content)
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"no answer to the event within {limit} s: {error!r}"
            raise HarnessError(_with_log(self.container, why)) from error
        finally:
            connection.close()

    def logs(self) -> str:
        """All that the container has written so far."""
        return str(self.container.logs().decode(errors="replace"))

    def python(self, code: str, *arguments: str) -> Output:
        """Run Python code in the container, by the image's interpreter and as the same user."""
        result = self.container.exec_run(["/usr/bin/python3", "-c", code, *arguments])
        # Neither a stream nor detached, so both are there.
        assert isinstance(result.exit_code, int)
        assert isinstance(result.output, bytes)
        return Output(result.exit_code, result.output.decode(errors="replace"))

    def peak_memory(self) -> int:
        """The most memory that the lambda's process has held so far, in bytes.

        That is its peak resident set: without /tmp and the page cache, as Lambda reports it.
        """
        output = self.python(_PEAK)
        if output.code != 0 or not output.text.strip():
            raise HarnessError(_with_log(self.container, f"no lambda process: {output.text}"))
        return int(output.text) * 1024


# The emulator is process 1 and this look is a process too: the runtime is the emulator's child.
_PEAK = """
import pathlib
for status in pathlib.Path("/proc").glob("[0-9]*/status"):
    try:
        values = dict(line.split(":", 1) for line in status.read_text().splitlines())
    except FileNotFoundError:
        continue
    if values["PPid"].strip() == "1":
        print(values["VmHWM"].split()[0])
"""


@contextmanager
def running(
    client: DockerClient,
    reference: str,
    configuration: Configuration,
    owner: str,
    port: int | None = None,
) -> Iterator[Function]:
    """The image as a function that is ready to be invoked; its container is gone afterwards.

    `owner` labels the container (see `containers.owner`). It listens on `port`, or on one that is
    free. Raises `HarnessError` when the function is not ready within 10 s.
    """
    if not EMULATOR.is_file():
        raise HarnessError(
            f"no emulator at {EMULATOR}: run this with `./pants test` or `./pants run`"
        )
    for _ in range(_STARTS if port is None else 1):
        with _started(client, reference, configuration, owner, port) as function:
            if function is not None:
                yield function
                return
    if port is not None:
        raise HarnessError(f"port {port} is taken: choose another, or none for a free one")
    raise HarnessError(f"other programs took the emulator's ports {_STARTS} times")


@contextmanager
def _started(
    client: DockerClient,
    reference: str,
    configuration: Configuration,
    owner: str,
    fixed: int | None,
) -> Iterator[Function | None]:
    """The function; or None when a program that knows no locks was faster to take a port."""
    chosen = reserved_port() if fixed is None else nullcontext(fixed)
    with chosen as port, reserved_port() as runtime_port:
        container = client.containers.create(
            reference,
            **_command(client, reference, port, runtime_port),
            **_sandbox(configuration.memory_mb),
            environment=configuration.variables,
            labels={LABEL: owner},
        )
        try:
            container.start()
            ready = _is_ready(container, (port, runtime_port))
            yield Function(container, port, configuration) if ready else None
        finally:
            _remove(container)


def _command(client: DockerClient, reference: str, port: int, runtime_port: int) -> dict[str, Any]:
    """The image's own entry point and command, started by the emulator."""
    config = client.images.get(reference).attrs["Config"]
    # Pants may have put a link there, and Docker would mount the link's own place.
    emulator = EMULATOR.resolve()
    return {
        "entrypoint": [
            _EMULATOR_THERE,
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{port}",
            "--runtime-api-address",
            f"127.0.0.1:{runtime_port}",
        ],
        "command": [*(config["Entrypoint"] or []), *(config["Cmd"] or [])],
        "volumes": {str(emulator): {"bind": _EMULATOR_THERE, "mode": "ro"}},
    }


def _sandbox(memory_mb: int) -> dict[str, Any]:
    """What Lambda allows a function, and the host's network: loopback is all that a test needs."""
    return {
        "read_only": True,
        "tmpfs": {"/tmp": _TMP},
        "user": _USER,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": f"{memory_mb}m",
        "memswap_limit": f"{memory_mb}m",
        "pids_limit": _PROCESSES,
        "ulimits": [Ulimit(name="nofile", soft=_FILES, hard=_FILES)],
        "network_mode": "host",
    }


def _is_ready(container: Container, ports: tuple[int, int]) -> bool:
    """Wait until the emulator answers; False when it cannot, since a port is taken."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        answers = _is_emulator(*ports)
        container.reload()
        if container.status == "exited":
            if "address already in use" in container.logs().decode(errors="replace"):
                return False
            code = container.attrs["State"]["ExitCode"]
            raise HarnessError(_with_log(container, f"the container ended with exit code {code}"))
        if answers:
            return True
        time.sleep(_POLL_SECONDS)
    why = f"the Lambda emulator did not answer within {_READY_SECONDS} s"
    raise HarnessError(_with_log(container, why))


def _is_emulator(port: int, runtime_port: int) -> bool:
    """Whether it is the emulator that answers on both ports, and not a program that took one."""
    return (_status(port, "/"), _status(runtime_port, "/2018-06-01/ping")) == (404, 200)


def _status(port: int, path: str) -> int | None:
    """The HTTP status that is answered to GET; None without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _remove(container: Container) -> None:
    with suppress(NotFound):
        container.remove(force=True, v=True)


def _with_log(container: Container, why: str) -> str:
    lines = container.logs(tail=_LOG_LINES).decode(errors="replace").rstrip() or "(nothing)"
    return f"{why}. The container's last {_LOG_LINES} log lines:\n{lines}"
