"""What an installer put into a folder, told from the RECORD of each distribution in it (PEP
376).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from plinth.layers.errors import InstallError

# Written by the installer, not by the wheel's author: which tool installed it, from where, and why.
_OF_THE_INSTALLER = frozenset(
    {"INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
)


@dataclass(frozen=True)
class Row:
    """A line of a RECORD: a path relative to the folder, and the file's hash and size as
    written.
    """

    path: str
    hash: str
    size: str


@dataclass(frozen=True)
class Installed:
    """One installed distribution: its RECORD, sorted, with only what goes into a layer.

    `requires` are its requirements as its metadata has them (PEP 508).
    """

    name: str
    version: str
    record: str
    rows: tuple[Row, ...]
    requires: tuple[str, ...]

    @property
    def record_text(self) -> str:
        out = io.StringIO()
        rows = ((row.path, row.hash, row.size) for row in self.rows)
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()


def installed_in(folder: Path) -> tuple[Installed, ...]:
    """The distributions installed in `folder`, by name. Raises `InstallError` for a broken one."""
    found = [_installed(folder, info) for info in sorted(folder.glob("*.dist-info"))]
    return tuple(sorted(found, key=lambda distribution: distribution.name))


def _installed(folder: Path, info: Path) -> Installed:
    try:
        text = (info / "RECORD").read_text(encoding="utf-8")
        metadata = HeaderParser().parsestr((info / "METADATA").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InstallError(f"{info.name} is not a sound installation: {error}") from error
    rows = (Row(*line[:3]) for line in csv.reader(io.StringIO(text)) if line)
    kept = {row for row in rows if _goes_into_a_layer(folder, row.path)}
    for row in kept:
        if PurePosixPath(row.path).is_absolute() or ".." in PurePosixPath(row.path).parts:
            raise InstallError(f"{info.name} has a file outside its folder: {row.path}")
        if not (folder / row.path).is_file():
            raise InstallError(f"{info.name} names {row.path} in its RECORD, which is not there")
    return Installed(
        name=str(metadata["Name"]),
        version=str(metadata["Version"]),
        record=f"{info.name}/RECORD",
        rows=tuple(sorted(kept, key=lambda row: row.path)),
        requires=tuple(sorted(metadata.get_all("Requires-Dist") or ())),
    )


def _goes_into_a_layer(folder: Path, path: str) -> bool:
    """Whether a file is the distribution's own, and of use to a function.

    Console scripts are neither: installers write the interpreter's path on this machine into them,
    and Lambda starts a module. Compiled files are made anew by the image's own interpreter.
    """
    parts = PurePosixPath(path).parts
    if "__pycache__" in parts:
        return False
    if len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] in _OF_THE_INSTALLER:
        return False
    script = len(parts) == 2 and parts[0] == "bin"
    return not (script and os.access(folder / path, os.X_OK))


def clashes(distributions: Iterable[Installed]) -> tuple[str, ...]:
    """A line for each path that two distributions fill with different content.

    An installer writes one over the other, in no order that can be relied on.
    """
    owners: dict[str, tuple[Installed, Row]] = {}
    found = []
    for distribution in distributions:
        for row in distribution.rows:
            other, first = owners.setdefault(row.path, (distribution, row))
            if other is not distribution and not (row.hash and row.hash == first.hash):
                found.append(f"{row.path}: in both {_label(other)} and {_label(distribution)}")
    return tuple(sorted(found))


def _label(distribution: Installed) -> str:
    return f"{distribution.name} {distribution.version}"
