"""The lock as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


def normalise(name: str) -> str:
    """A project's name as PEP 503 compares it: `Flask_Cors` and `flask.cors` are `flask-cors`."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Distribution:
    """One locked version of a project.

    `marker` says where it is installed, and is empty for everywhere. `via` names the locked
    projects that require it, `roots` the requirements files that do. All tuples are sorted. `line`
    is its place in the file and no part of its identity.
    """

    name: str
    version: str
    extras: tuple[str, ...]
    marker: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]
    roots: tuple[str, ...]
    line: int = field(default=0, compare=False)

    @property
    def requirement(self) -> str:
        """The distribution as a requirement, without hashes."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f" ; {self.marker}" if self.marker else ""
        return f"{self.name}{extras}=={self.version}{marker}"


@dataclass(frozen=True)
class Lock:
    """A whole lock: its path for messages, and its distributions sorted by name, version and
    marker.
    """

    path: str = field(compare=False)
    distributions: tuple[Distribution, ...]
