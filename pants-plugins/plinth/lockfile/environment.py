"""The environments that markers are evaluated for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from packaging.markers import Marker


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


# CPython and glibc of Debian 12: what `debian_root` gives and what images are made for.
PYTHON_VERSION = "3.11.2"
WHEEL_PLATFORM = "x86_64-manylinux_2_36"
RUNTIME = Environment(
    "CPython 3.11 on Linux x86_64",
    (
        ("extra", ""),
        ("implementation_name", "cpython"),
        ("implementation_version", PYTHON_VERSION),
        ("os_name", "posix"),
        ("platform_machine", "x86_64"),
        ("platform_python_implementation", "CPython"),
        ("platform_release", ""),
        ("platform_system", "Linux"),
        ("platform_version", ""),
        ("python_full_version", PYTHON_VERSION),
        ("python_version", "3.11"),
        ("sys_platform", "linux"),
    ),
)
