"""The lock of Debian packages as data: read it, write it, take the closure of some of them.

Only the standard library is imported: Pants itself reads locks, the sandbox does the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from plinth.debian.errors import LockError

FORMAT = 1
DEBIAN, SECURITY = "debian", "debian-security"
_HEADER = (
    "The packages of this repository's Debian roots, at exactly these versions. Made by `make "
    "lock` from the packages file beside it and a signed archive index; not to be edited by hand. "
    "Paths are relative to an archive, which each machine's own configuration names."
)
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LockedPackage:
    """One `.deb`. `size` in bytes, `path` below the archive, `depends` by name in this lock."""

    name: str
    version: str
    architecture: str
    archive: str
    path: str
    size: int
    sha256: str
    depends: tuple[str, ...] = ()

    def to_json(self) -> str:
        """This package on one line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Lock:
    """Packages sorted by name, and the request they answer: what, without what, from where."""

    architecture: str
    suites: tuple[str, ...]
    wanted: tuple[str, ...]
    excluded: tuple[str, ...]
    packages: tuple[LockedPackage, ...]

    @property
    def by_name(self) -> Mapping[str, LockedPackage]:
        return {package.name: package for package in self.packages}


def dump(lock: Lock) -> str:
    """The lock's text: the same packages give the same bytes."""
    document = {"about": _HEADER, "format": FORMAT, **asdict(lock)}
    return json.dumps(document, indent=2) + "\n"


def parse(text: str, origin: str) -> Lock:
    """The lock in `text`. `origin` names it in errors. Raises `LockError`."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise LockError(
                f"{origin} has format {document['format']!r}, this version of Plinth reads "
                f"{FORMAT}. Make it again with `make lock`."
            )
        lock = Lock(
            architecture=_text(document, "architecture"),
            suites=_texts(document, "suites"),
            wanted=_texts(document, "wanted"),
            excluded=_texts(document, "excluded"),
            packages=tuple(_package(package) for package in document["packages"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockError(
            f"{origin} is not a lock of Debian packages ({type(error).__name__}: {error}). Make it "
            "again with `make lock`."
        ) from error
    _check(lock, origin)
    return lock


def parse_package(text: str) -> LockedPackage:
    """The package that `LockedPackage.to_json` wrote. Raises `LockError`."""
    try:
        return _package(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LockError(
            f"not a locked package ({type(error).__name__}: {error}): {text}"
        ) from error


def closure(lock: Lock, names: Iterable[str], origin: str) -> tuple[LockedPackage, ...]:
    """The named packages and all that they depend on, sorted by name. Raises `LockError`."""
    by_name = lock.by_name
    found: dict[str, LockedPackage] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in by_name:
            raise LockError(
                f"{origin} has no package {name}. It has: {', '.join(by_name)}. Name one of these, "
                "or add it to the packages file and run `make lock`."
            )
        found[name] = by_name[name]
        waiting.extend(found[name].depends)
    return tuple(found[name] for name in sorted(found))


def changes(before: Iterable[LockedPackage], after: Iterable[LockedPackage]) -> tuple[str, ...]:
    """A line for each package whose version differs, such as ``libc6 2.36-9 (locked 2.36-8)``."""
    old = {package.name: package.version for package in before}
    new = {package.name: package.version for package in after}
    lines = []
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            was = f"locked {old[name]}" if name in old else "not in the lock"
            lines.append(f"{name} {new.get(name, 'left out')} ({was})")
    return tuple(lines)


def _package(value: Any) -> LockedPackage:
    unknown = set(value) - {field.name for field in fields(LockedPackage)}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)}")
    package = LockedPackage(
        name=_text(value, "name"),
        version=_text(value, "version"),
        architecture=_text(value, "architecture"),
        archive=_text(value, "archive"),
        path=_text(value, "path"),
        size=value["size"],
        sha256=_text(value, "sha256"),
        depends=_texts(value, "depends"),
    )
    if not _NAME.fullmatch(package.name):
        raise ValueError(f"{package.name!r} is not a package name")
    if not _SHA256.fullmatch(package.sha256):
        raise ValueError(f"{package.name}: sha256 is {package.sha256!r}")
    if type(package.size) is not int or package.size <= 0:
        raise ValueError(f"{package.name}: size is {package.size!r}")
    if package.archive not in (DEBIAN, SECURITY):
        raise ValueError(
            f"{package.name}: archive is {package.archive!r}, not {DEBIAN} or {SECURITY}"
        )
    # A path with a host in it, or one that climbs, would send the download elsewhere.
    if "://" in package.path or package.path.startswith("/") or ".." in package.path.split("/"):
        raise ValueError(f"{package.name}: path {package.path!r} is not relative to an archive")
    return package


def _text(value: Mapping[str, Any], key: str) -> str:
    if not isinstance(value[key], str) or not value[key]:
        raise ValueError(f"{key} is {value[key]!r}, not a text")
    return str(value[key])


def _texts(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = value[key]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{key} is {texts!r}, not a list of texts")
    return tuple(texts)


def _check(lock: Lock, origin: str) -> None:
    names = [package.name for package in lock.packages]
    if names != sorted(set(names)):
        raise LockError(f"{origin}: packages are not sorted by name, each once. Run `make lock`.")
    for package in lock.packages:
        if package.architecture not in (lock.architecture, "all"):
            raise LockError(
                f"{origin}: {package.name} is for {package.architecture}, the lock for "
                f"{lock.architecture}."
            )
    unreached = set(names) - {package.name for package in closure(lock, lock.wanted, origin)}
    if unreached:
        raise LockError(
            f"{origin}: nothing wanted needs {', '.join(sorted(unreached))}. Run `make lock`."
        )
