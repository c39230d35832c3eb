"""The Docker engine: found where the Docker SDK looks for it, or started there."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
from dataclasses import dataclass

from machine.daemon import Daemon
from machine.errors import ServiceError
from machine.host import Host
from machine.settings import DEFAULT_SOCKET, Settings

NAME = "docker"
_UNIX = "unix://"
_PING_LIMIT_SECONDS = 5
_START_ONE = (
    "Start one: Docker Desktop, Colima, Podman's Docker socket, or the distribution's docker "
    "service. If it does not listen on /var/run/docker.sock, set DOCKER_HOST to its socket."
)


@dataclass(frozen=True)
class Ping:
    """Whether an engine answered, and what stood in the way if not."""

    up: bool
    reason: str = ""
    forbidden: bool = False


def ensure(settings: Settings, host: Host) -> str:
    """Starts an engine where none answers. Raises `ServiceError`."""
    answer = ping(settings.docker_host)
    if answer.up:
        return f"{NAME}: already running at {settings.docker_host}"
    where = f"the Docker engine at {settings.docker_host} does not answer ({answer.reason})."
    if answer.forbidden:
        raise ServiceError(
            f"{where} This user may not use it. Run `sudo usermod -aG docker $USER` and log in "
            "again, or run as root."
        )
    if not settings.docker_host.startswith(_UNIX):
        raise ServiceError(
            f"{where} Start it, or unset DOCKER_HOST to use the one of this machine."
        )
    if not host.is_linux:
        raise ServiceError(f"{where} {_START_ONE}")
    dockerd = host.program(("dockerd",), _START_ONE)
    # Its package may have started it.
    if ping(settings.docker_host).up:
        return f"{NAME}: already running at {settings.docker_host}"
    if not host.is_root:
        raise ServiceError(
            f"{where} Only root can start it. Run: sudo systemctl start docker, or sudo "
            "ci/services start"
        )
    return _start(settings, dockerd)


def status(settings: Settings) -> tuple[str, bool]:
    answer = ping(settings.docker_host)
    if not answer.up:
        return f"{NAME}: not running at {settings.docker_host} ({answer.reason})", False
    pid = Daemon(settings.state, NAME).pid()
    by = f" (process {pid}, started by ci/services)" if pid else ""
    return f"{NAME}: running at {settings.docker_host}{by}", True


def ping(docker_host: str) -> Ping:
    """Asks the engine whether it is there, within a few seconds."""
    if not docker_host.startswith(_UNIX):
        return _ping_by_client(docker_host)
    connection = _UnixConnection(docker_host[len(_UNIX) :])
    try:
        connection.request("GET", "/_ping")
        code = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Ping(False, str(error) or type(error).__name__, isinstance(error, PermissionError))
    finally:
        connection.close()
    return Ping(code == http.HTTPStatus.OK, f"it answers with {code}")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_PING_LIMIT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_PING_LIMIT_SECONDS)
        self.sock.connect(self._path)


def _ping_by_client(docker_host: str) -> Ping:
    """Over TLS and ssh, only Docker's own client knows how."""
    try:
        run = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            env={**os.environ, "DOCKER_HOST": docker_host},
            capture_output=True,
            text=True,
            timeout=_PING_LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ping(False, str(error))
    return Ping(run.returncode == 0, run.stderr.strip())


def _start(settings: Settings, dockerd: str) -> str:
    # /etc/docker/daemon.json may name the default socket too, and dockerd refuses to be told twice.
    is_default = settings.docker_host == DEFAULT_SOCKET
    listen = () if is_default else ("--host", settings.docker_host)
    daemon = Daemon(settings.state, NAME)
    pid = daemon.start(
        (dockerd, *listen, *settings.docker_args),
        lambda: ping(settings.docker_host).up,
        settings.engine_limit_seconds,
    )
    return f"{NAME}: started at {settings.docker_host} (process {pid}, log {daemon.log})"
