"""What this machine is, and the packages it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine.errors import ServiceError

_PACKAGES = ("docker.io", "docker-registry", "iptables")
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends")


@dataclass(frozen=True)
class Host:
    """`has_apt` holds on Debian and what derives from it."""

    is_linux: bool
    is_root: bool
    has_apt: bool

    @classmethod
    def this(cls) -> Host:
        return cls(
            is_linux=platform.system() == "Linux",
            is_root=os.geteuid() == 0,
            has_apt=bool(shutil.which("apt-get")) and Path("/etc/debian_version").exists(),
        )

    def program(
        self, names: tuple[str, ...], otherwise: str, packages: tuple[str, ...] = _PACKAGES
    ) -> str:
        """The path of the first of `names` that is installed, after installing it where this may.

        Raises `ServiceError`, which says `otherwise` where there is no package to name.
        """
        found = _which(names)
        if found is None and self.has_apt:
            self._install(names[0], packages)
            found = _which(names)
        if found is None:
            raise ServiceError(f"{names[0]} is not installed on this machine. {otherwise}")
        return found

    def _install(self, wanted: str, packages: tuple[str, ...]) -> None:
        install = (*_INSTALL, *packages)
        if not self.is_root:
            raise ServiceError(f"{wanted} is not installed. Run: sudo {' '.join(install)}")
        print(f"Installing {', '.join(packages)} from this machine's archive", flush=True)
        if "docker-registry" in packages and not _which(("docker-registry",)):
            _keep_packaged_registry_down()
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (("apt-get", "update"), install):
            run = _captured(command, environment)
            if run.returncode != 0:
                last = "\n".join(run.stdout.splitlines()[-20:])
                raise ServiceError(f"`{' '.join(command)}` failed. Its last lines:\n{last}")


def _keep_packaged_registry_down() -> None:
    """Only the program is wanted: the package's service wants a login, on every interface."""
    if Path("/run/systemd/system").exists():
        _captured(("systemctl", "mask", "docker-registry.service"), dict(os.environ))


def _captured(
    command: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _which(names: tuple[str, ...]) -> str | None:
    # sbin: where dockerd stands, and missing from an ordinary user's PATH.
    path = os.pathsep.join(
        (os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin")
    )
    return next((found for name in names if (found := shutil.which(name, path=path))), None)
