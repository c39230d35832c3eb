"""The environments that markers are evaluated for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from packaging.markers import Marker

from plinth.platform import PLATFORM


@dataclass(frozen=True)
class Environment:
    """The value of each marker variable (PEP 508), so that nothing of the host enters an answer."""

    name: str
    variables: tuple[tuple[str, str], ...]

    def holds(self, marker: str) -> bool:
        """Whether a requirement with `marker` is installed here. The empty marker always holds."""
        return not marker or _holds(self, marker)


@cache
def _holds(environment: Environment, marker: str) -> bool:
    return bool(Marker(marker).evaluate(dict(environment.variables)))


# What images are made for.
RUNTIME = Environment(
    f"CPython {PLATFORM.python_minor} on Linux {PLATFORM.machine}",
    (
        ("extra", ""),
        ("implementation_name", "cpython"),
        ("implementation_version", PLATFORM.python),
        ("os_name", "posix"),
        ("platform_machine", PLATFORM.machine),
        ("platform_python_implementation", "CPython"),
        ("platform_release", ""),
        ("platform_system", "Linux"),
        ("platform_version", ""),
        ("python_full_version", PLATFORM.python),
        ("python_version", PLATFORM.python_minor),
        ("sys_platform", PLATFORM.os),
    ),
)
