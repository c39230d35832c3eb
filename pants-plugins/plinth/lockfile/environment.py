"""The environments that markers are evaluated for."""

from __future__ import annotations

import re
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


# What a marker asks of the system, on each that Pants runs on.
_HOSTS = (
    {"os_name": "posix", "platform_system": "Linux", "sys_platform": "linux"},
    {"os_name": "posix", "platform_system": "Darwin", "sys_platform": "darwin"},
)
_QUOTED = r"""("[^"]*"|'[^']*')"""
_OPERATOR = r"\s*(?:[<>=!~]+|(?:not\s+)?in\b)\s*"
# A comparison, either way round.
_COMPARISON = re.compile(
    rf"(?P<left>[a-z_]+){_OPERATOR}{_QUOTED}|{_QUOTED}{_OPERATOR}(?P<right>[a-z_]+)"
)


@cache
def may_hold_on_a_host(marker: str) -> bool:
    """Whether a requirement with `marker` is installed on Linux or macOS by some interpreter.

    Pants runs on no other system. Whatever else is asked is taken as met.
    """

    def asked(found: re.Match[str]) -> str:
        name = found["left"] or found["right"]
        return found[0] if name in _HOSTS[0] else 'os_name == "posix"'

    of_the_system = Marker(_COMPARISON.sub(asked, marker)) if marker else None
    return of_the_system is None or any(of_the_system.evaluate(dict(host)) for host in _HOSTS)
