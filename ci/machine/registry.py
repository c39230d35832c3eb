"""A registry on loopback, which needs no root."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from machine.daemon import Daemon
from machine.errors import ServiceError
from machine.host import Host
from machine.settings import Address, Settings

NAME = "registry"
_LIMIT_SECONDS = 60
_ASK_LIMIT_SECONDS = 5
# Debian's name for the program first, then its own.
_PROGRAMS = ("docker-registry", "registry")


class Answer(Enum):
    """What listens at an address."""

    REGISTRY = "a registry"
    NOTHING = "nothing"
    OTHER = "something else"


@dataclass(frozen=True)
class Listener:
    """`detail` is what an address answered, for messages."""

    answer: Answer
    detail: str


def ensure(settings: Settings, host: Host) -> str:
    """Starts a registry where nothing listens. Raises `ServiceError`."""
    address = settings.registry
    found = ask(address)
    if found.answer is Answer.REGISTRY:
        return f"{NAME}: already running at {address}"
    if not address.is_loopback:
        raise ServiceError(
            f"no usable registry answers at {address} ({found.detail}). Only one on loopback is "
            "started here: start that one, or unset PLINTH_REGISTRY."
        )
    if found.answer is Answer.OTHER:
        raise ServiceError(
            f"{address} is taken, and not by a registry that can be used: {found.detail}. Stop "
            "what listens there, or choose another port: "
            f"export PLINTH_REGISTRY={address.host}:{address.port + 1}"
        )
    return _start(settings, host)


def status(settings: Settings) -> tuple[str, bool]:
    found = ask(settings.registry)
    if found.answer is not Answer.REGISTRY:
        return f"{NAME}: not running at {settings.registry} ({found.detail})", False
    pid = Daemon(settings.state, NAME).pid()
    by = f" (process {pid}, started by ci/services)" if pid else ""
    return f"{NAME}: running at {settings.registry}{by}", True


def ask(address: Address) -> Listener:
    """Tells a registry that serves without a login from everything else that may hold the port."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=_ASK_LIMIT_SECONDS)
    try:
        connection.request("GET", "/v2/")
        response = connection.getresponse()
        body = response.read(1024)
    except ConnectionRefusedError as error:
        return Listener(Answer.NOTHING, str(error))
    except (OSError, http.client.HTTPException) as error:
        return Listener(Answer.OTHER, f"GET /v2/ fails with {error or type(error).__name__}")
    finally:
        connection.close()
    if response.status == http.HTTPStatus.UNAUTHORIZED:
        return Listener(Answer.OTHER, "it wants a login")
    is_registry = response.status == http.HTTPStatus.OK and (
        response.getheader("Docker-Distribution-Api-Version") == "registry/2.0"
        or body.strip() == b"{}"
    )
    detail = f"GET /v2/ answers with {response.status} {response.reason}"
    return Listener(Answer.REGISTRY if is_registry else Answer.OTHER, detail)


def configuration(address: Address, storage: Path) -> str:
    """The registry's configuration file: YAML, of which JSON is a part."""
    return json.dumps(
        {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
            "http": {"addr": str(address)},
        },
        indent=2,
    )


def _start(settings: Settings, host: Host) -> str:
    address = settings.registry
    program = host.program(
        _PROGRAMS,
        f"Start any OCI registry at {address}, or set PLINTH_REGISTRY to one that runs.",
    )
    settings.state.mkdir(parents=True, exist_ok=True)
    config = settings.state / "registry.yml"
    config.write_text(configuration(address, settings.state / "registry"))
    daemon = Daemon(settings.state, NAME)
    pid = daemon.start(
        (program, "serve", str(config)),
        lambda: ask(address).answer is Answer.REGISTRY,
        _LIMIT_SECONDS,
    )
    return f"{NAME}: started at {address} (process {pid}, log {daemon.log})"
