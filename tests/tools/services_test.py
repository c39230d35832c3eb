"""The services script, with an engine and a registry that are a few lines each."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.support import PYTHON, ROOT, load, run, script

daemon = load("machine.daemon", "ci")
engine = load("machine.engine", "ci")
host = load("machine.host", "ci")
registry = load("machine.registry", "ci")
settings = load("machine.settings", "ci")
ServiceError = load("machine.errors", "ci").ServiceError

_DOCKERD = """
import os, sys
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer

class Engine(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments): pass
    def address_string(self): return "unix"

path = sys.argv[sys.argv.index("--host") + 1][len("unix://"):]
print("dockerd", *sys.argv[1:], flush=True)
UnixStreamServer(path, Engine).serve_forever()
"""
_REGISTRY = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Registry(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *arguments): pass

host, _, port = json.load(open(sys.argv[2]))["http"]["addr"].rpartition(":")
HTTPServer((host, int(port)), Registry).serve_forever()
"""


@dataclass(frozen=True)
class Machine:
    """Programs on PATH, a socket where no engine listens yet, and a free port."""

    programs: Path
    socket: Path
    port: int
    env: dict[str, str]

    def services(self, command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return run([ROOT / "ci/services", command], {**self.env, **more})

    @property
    def state(self) -> Path:
        return Path(self.env["XDG_CACHE_HOME"]) / "plinth/services"

    def pid(self, name: str) -> int:
        return int(json.loads((self.state / f"{name}.json").read_text())["pid"])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    # A socket's path has room for some hundred characters, less than a test's folder may take.
    short = Path(tempfile.mkdtemp(dir="/tmp"))
    programs = tmp_path / "bin"
    for name, source in (("dockerd", _DOCKERD), ("docker-registry", _REGISTRY)):
        code = tmp_path / f"{name}.py"
        code.write_text(source)
        script(programs / name, f'exec "{PYTHON}" "{code}" "$@"')
    port = _free_port()
    env = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "DOCKER_HOST": f"unix://{short / 's'}",
        "PLINTH_REGISTRY": f"127.0.0.1:{port}",
        "PLINTH_PYTHON311": sys.executable,
    }
    made = Machine(programs, short / "s", port, env)
    yield made
    made.services("stop")
    shutil.rmtree(short)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may start an engine")


@needs_root
def test_both_are_started_outlive_the_command_and_are_stopped(machine: Machine) -> None:
    started = machine.services("start")

    assert started.returncode == 0, started.stderr
    assert f"docker: started at unix://{machine.socket} (process {machine.pid('docker')}" in (
        started.stdout
    )
    assert f"registry: started at 127.0.0.1:{machine.port}" in started.stdout
    assert machine.services("status").returncode == 0
    pids = [machine.pid("docker"), machine.pid("registry")]
    # A session of their own: no terminal's hang-up reaches them.
    assert [os.getsid(pid) for pid in pids] == pids

    stopped = machine.services("stop")

    assert stopped.returncode == 0, stopped.stderr
    assert f"registry: stopped (process {pids[1]})" in stopped.stdout
    assert [_is_running(pid) for pid in pids] == [False, False]
    assert machine.services("status").returncode == 1


@needs_root
def test_a_second_start_starts_nothing(machine: Machine) -> None:
    machine.services("start")
    pids = [machine.pid("docker"), machine.pid("registry")]

    again = machine.services("start")

    assert again.stdout.splitlines() == [
        f"docker: already running at unix://{machine.socket}",
        f"registry: already running at 127.0.0.1:{machine.port}",
    ]
    assert [machine.pid("docker"), machine.pid("registry")] == pids


def test_what_was_there_before_is_used_and_never_stopped(machine: Machine) -> None:
    with _running(machine, "dockerd", "--host", machine.env["DOCKER_HOST"]) as theirs:
        _until(lambda: engine.ping(machine.env["DOCKER_HOST"]).up)
        started = machine.services("start")
        stopped = machine.services("stop")

        assert "docker: already running" in started.stdout, started.stderr
        assert "registry: stopped" in stopped.stdout
        assert "docker: not started by ci/services, left alone" in stopped.stdout
        assert theirs.poll() is None


def test_a_process_that_has_got_the_recorded_id_since_is_left_alone(machine: Machine) -> None:
    with _running(machine, "sleep") as other:
        machine.state.mkdir(parents=True)
        record = {"pid": other.pid, "started": "1"}
        (machine.state / "registry.json").write_text(json.dumps(record))

        stopped = machine.services("stop")

        assert "registry: not started by ci/services, left alone" in stopped.stdout
        assert other.poll() is None


def test_a_port_that_something_else_holds_is_named_with_what_to_do(machine: Machine) -> None:
    with (
        _running(machine, "dockerd", "--host", machine.env["DOCKER_HOST"]),
        _web_server(machine.port, status=403),
    ):
        _until(lambda: engine.ping(machine.env["DOCKER_HOST"]).up)
        refused = machine.services("start")

    assert refused.returncode == 1
    assert (
        f"127.0.0.1:{machine.port} is taken, and not by a registry that can be used: "
        "GET /v2/ answers with 403 Forbidden."
    ) in refused.stderr
    assert f"export PLINTH_REGISTRY=127.0.0.1:{machine.port + 1}" in refused.stderr


@pytest.mark.parametrize(
    ("status", "headers", "body", "answer"),
    [
        (200, {"Docker-Distribution-Api-Version": "registry/2.0"}, "", "REGISTRY"),
        (200, {}, "{}", "REGISTRY"),
        (200, {}, "<html>", "OTHER"),
        (404, {}, "", "OTHER"),
        (401, {"Docker-Distribution-Api-Version": "registry/2.0"}, "", "OTHER"),
    ],
)
def test_a_registry_is_told_from_everything_else(
    status: int, headers: dict[str, str], body: str, answer: str
) -> None:
    port = _free_port()
    with _web_server(port, status, headers, body):
        assert registry.ask(settings.Address("127.0.0.1", port)).answer.name == answer


def test_a_port_that_answers_in_another_protocol_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=greet, daemon=True).start()
        found = registry.ask(settings.Address("127.0.0.1", server.getsockname()[1]))

    assert found.answer is registry.Answer.OTHER


@needs_root
def test_an_engine_that_does_not_come_up_shows_its_log_and_is_stopped(machine: Machine) -> None:
    script(machine.programs / "dockerd", "echo $$ waiting for containerd", "exec sleep 60")

    failed = machine.services("start", PLINTH_ENGINE_LIMIT="0.5")

    assert failed.returncode == 1
    assert "docker did not come up within 0.5 s" in failed.stderr
    last = failed.stderr.splitlines()[-1]
    assert last.endswith("waiting for containerd")
    assert not _is_running(int(last.split()[0]))


def test_who_waits_is_told_what_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(daemon, "_SAY_EVERY_SECONDS", 0)
    slow = daemon.Daemon(tmp_path, "slow")
    answers = iter([False, False, True])

    slow.start(("sleep", "60"), lambda: next(answers), 300)
    slow.stop()

    said = capfd.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith("slow: not up after 0 s, waiting for at most 300 s (log ")


@needs_root
def test_an_engine_that_ends_at_once_shows_its_log(machine: Machine) -> None:
    script(machine.programs / "dockerd", "echo iptables: not permitted", "exit 1")

    failed = machine.services("start")

    assert failed.returncode == 1
    assert "docker ended with 1. The last lines of" in failed.stderr
    assert "iptables: not permitted" in failed.stderr


@needs_root
def test_the_users_arguments_reach_the_engine(machine: Machine) -> None:
    machine.services("start", PLINTH_DOCKER_ARGS="--data-root '/a b'")

    assert "--data-root /a b" in (machine.state / "docker.log").read_text()


@needs_root
def test_a_registry_asked_for_at_another_port_is_not_lost_sight_of(machine: Machine) -> None:
    machine.services("start")
    first = machine.pid("registry")

    second = machine.services("start", PLINTH_REGISTRY=f"127.0.0.1:{_free_port()}")

    assert second.returncode == 1
    assert "Run `ci/services stop`, then start again" in second.stderr
    assert machine.pid("registry") == first


def test_without_root_it_says_which_command_needs_it(machine: Machine) -> None:
    asked = _settings(machine)
    user = host.Host(is_linux=True, is_root=False, has_apt=False)

    with _path(machine), pytest.raises(ServiceError, match="Only root can start it. Run: sudo"):
        engine.ensure(asked, user)


def test_without_root_a_missing_package_is_named_with_the_command(machine: Machine) -> None:
    user = host.Host(is_linux=True, is_root=False, has_apt=True)

    with pytest.raises(ServiceError, match="no-such-program is not installed. Run: sudo apt-get"):
        user.program(("no-such-program",), "")


def test_with_root_on_debian_the_packages_are_installed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, program = machine.programs / "calls", machine.programs / "plinth-test-program"
    script(
        machine.programs / "apt-get",
        f'echo "$@" >>{calls}',
        f'[ "$1" = update ] || {{ touch {program}; chmod +x {program}; }}',
    )
    root = host.Host(is_linux=True, is_root=True, has_apt=True)

    with _path(machine):
        found = root.program((program.name,), "")

    assert found == str(program)
    update, install = calls.read_text().splitlines()
    assert update == "update"
    assert install.startswith("install --yes")
    assert install.endswith("docker.io docker-registry iptables")


def test_an_installation_that_fails_shows_why(machine: Machine) -> None:
    script(machine.programs / "apt-get", "echo E: Could not resolve the archive", "exit 100")
    root = host.Host(is_linux=True, is_root=True, has_apt=True)

    with _path(machine), pytest.raises(ServiceError, match="E: Could not resolve the archive"):
        root.program(("no-such-program",), "")


def test_elsewhere_than_on_linux_it_says_what_to_start(machine: Machine) -> None:
    mac = host.Host(is_linux=False, is_root=False, has_apt=False)

    with pytest.raises(ServiceError, match="Start one: Docker Desktop, Colima"):
        engine.ensure(_settings(machine), mac)


def test_an_engine_elsewhere_is_never_started_here(machine: Machine) -> None:
    remote = replace(_settings(machine), docker_host="tcp://127.0.0.1:1")

    with pytest.raises(ServiceError, match="or unset DOCKER_HOST"):
        engine.ensure(remote, host.Host(is_linux=True, is_root=True, has_apt=False))


def test_a_registry_elsewhere_is_never_started_here(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = registry.Listener(registry.Answer.NOTHING, "no route to host")
    monkeypatch.setattr(registry, "ask", lambda _: silent)
    remote = replace(_settings(machine), registry=settings.Address("192.0.2.1", 5000))

    with pytest.raises(ServiceError, match="Only one on loopback is started here"):
        registry.ensure(remote, host.Host(is_linux=True, is_root=True, has_apt=False))


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PLINTH_REGISTRY", "5000"), ("PLINTH_REGISTRY", "a:b"), ("PLINTH_ENGINE_LIMIT", "soon")],
)
def test_a_setting_that_cannot_be_meant_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ServiceError, match=f"{variable} is `{value}`"):
        settings.Settings.read({variable: value}, Path("/home"))


def test_the_defaults_are_the_documented_ones() -> None:
    read = settings.Settings.read({}, Path("/home"))

    assert str(read.registry) == "127.0.0.1:5000"
    assert read.docker_host == "unix:///var/run/docker.sock"
    assert read.state == Path("/home/.cache/plinth/services")
    assert read.engine_limit_seconds == 300


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), ([], 2), (["restart"], 2)])
def test_usage(machine: Machine, arguments: list[str], code: int) -> None:
    answer = run([ROOT / "ci/services", *arguments], machine.env)

    assert answer.returncode == code
    assert "ci/services start" in (answer.stderr if code else answer.stdout)


def _settings(machine: Machine) -> Any:
    return settings.Settings.read(machine.env, Path(machine.env["HOME"]))


@contextmanager
def _path(machine: Machine) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", machine.env["PATH"])
        yield


@contextmanager
def _running(machine: Machine, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is no business of the services script."""
    command = ["sleep", "60"] if name == "sleep" else [str(machine.programs / name), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _web_server(
    port: int, status: int, headers: dict[str, str] | None = None, body: str = ""
) -> Iterator[None]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _until(condition: Any) -> None:
    assert daemon._wait(condition, 10), "not within 10 s"


def _is_running(pid: int) -> bool:
    return bool(daemon._runs(pid))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
