"""The packages file: what a person asks for, with reasons; `make_lock` answers with the lock.

One entry a line, `#` starts a comment:

    architecture: amd64
    suites: bookworm bookworm-security
    ca-certificates
    -openssl          # only update-ca-certificates runs it

A name is wanted, with all it depends on (not what it recommends). `-name` leaves a package out:
dependencies on it count as met, and the line must say why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from plinth.debian.errors import PackagesFileError

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SETTINGS = ("architecture", "suites")


@dataclass(frozen=True)
class PackagesFile:
    """What is wanted, what is left out, and the suites to take it from; names are sorted."""

    architecture: str
    suites: tuple[str, ...]
    wanted: tuple[str, ...]
    excluded: tuple[str, ...]


def read(path: Path) -> PackagesFile:
    """The packages file at `path`. Raises `PackagesFileError`."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PackagesFileError(f"cannot read the packages file {path}: {error}") from error


def parse(text: str, origin: str) -> PackagesFile:
    """The packages file in `text`. `origin` names it in errors. Raises `PackagesFileError`."""
    settings: dict[str, str] = {}
    names: dict[str, bool] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        entry, _, comment = (part.strip() for part in line.partition("#"))
        where = f"{origin}:{number}"
        key, colon, value = (part.strip() for part in entry.partition(":"))
        if not entry:
            continue
        if colon:
            if key not in _SETTINGS or key in settings or not value:
                raise PackagesFileError(
                    f"{where}: {entry!r} is not a setting: write each of {', '.join(_SETTINGS)} "
                    "once, with a value."
                )
            settings[key] = value
            continue
        wanted, name = not entry.startswith("-"), entry[1:] if entry.startswith("-") else entry
        if not _NAME.fullmatch(name):
            raise PackagesFileError(f"{where}: {name!r} is not the name of a Debian package.")
        if name in names:
            raise PackagesFileError(f"{where}: {name} stands in the file twice.")
        if not wanted and not comment:
            raise PackagesFileError(
                f"{where}: {name} is left out without a reason. Write `-{name}  # why nothing "
                "misses it`."
            )
        names[name] = wanted
    return _complete(settings, names, origin)


def _complete(settings: dict[str, str], names: dict[str, bool], origin: str) -> PackagesFile:
    for key in _SETTINGS:
        if key not in settings:
            raise PackagesFileError(f"{origin} has no line `{key}: …`.")
    wanted = tuple(sorted(name for name, is_wanted in names.items() if is_wanted))
    if not wanted:
        raise PackagesFileError(f"{origin} names no package.")
    return PackagesFile(
        architecture=settings["architecture"],
        suites=tuple(settings["suites"].split()),
        wanted=wanted,
        excluded=tuple(sorted(set(names) - set(wanted))),
    )
