"""What the environment says about the services."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from machine.errors import ServiceError

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_DEFAULT_REGISTRY = "127.0.0.1:5000"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Address:
    """Where a registry listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        return self.host in _LOOPBACK

    @classmethod
    def parse(cls, text: str) -> Address:
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit():
            raise ServiceError(
                f"PLINTH_REGISTRY is `{text}`, and must be HOST:PORT ({_DEFAULT_REGISTRY})."
            )
        return cls(host.strip("[]"), int(port))


@dataclass(frozen=True)
class Settings:
    """`state` is the folder of logs, records of started processes and the registry's storage.

    `engine_limit_seconds` only ends what would never come up: an engine with thousands of images
    and build records has been seen to take most of a minute on a busy disk.
    """

    registry: Address
    docker_host: str
    docker_args: tuple[str, ...]
    engine_limit_seconds: float
    state: Path

    @classmethod
    def read(cls, env: Mapping[str, str], home: Path) -> Settings:
        """Raises `ServiceError` for a value that cannot be meant."""
        limit = env.get("PLINTH_ENGINE_LIMIT") or "300"
        if not limit.replace(".", "", 1).isdigit():
            raise ServiceError(
                f"PLINTH_ENGINE_LIMIT is `{limit}`, and must be a number of seconds."
            )
        return cls(
            registry=Address.parse(env.get("PLINTH_REGISTRY") or _DEFAULT_REGISTRY),
            docker_host=env.get("DOCKER_HOST") or DEFAULT_SOCKET,
            docker_args=tuple(shlex.split(env.get("PLINTH_DOCKER_ARGS", ""))),
            engine_limit_seconds=float(limit),
            state=Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "plinth" / "services",
        )
