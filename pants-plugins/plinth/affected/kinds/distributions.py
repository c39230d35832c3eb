"""Locked distributions and packages: Python's and Debian's."""

from __future__ import annotations

import re

from plinth.affected.kinds.words import About, Words
from plinth.affected.model import Change
from plinth.fingerprint.part import Part, PartChange

_VERSION = re.compile(r"(\S+) (?:hashes |sha256:)\S+((?: ; (?:(?! and \S+ hashes ).)*)?)")


def say(change: PartChange, spec: str, about: About) -> Change:
    path = change.of if change.of in about.files or not change.of.endswith(".tar") else ""
    return Change(path, difference(change))


def difference(change: PartChange) -> str:
    name = change.name or "its settings"
    if change.before is None:
        return f"{name} {versions(change.after or '')} new".replace("  ", " ")
    if change.after is None:
        return f"{name} {versions(change.before)} removed".replace("  ", " ")
    before, after = versions(change.before), versions(change.after)
    if before != after:
        return f"{name} {before} → {after}"
    if markers(change.before) != markers(change.after):
        return f"{name}: other markers"
    return f"{name} {after}: other hashes" if after else f"{name}: changed"


def versions(value: str) -> str:
    return " and ".join(found[0] for found in _VERSION.findall(value))


def markers(value: str) -> list[str]:
    return [found[1] for found in _VERSION.findall(value)]


def gives_distribution(change: PartChange, given: Part) -> bool:
    return (given.kind, given.name) == ("distribution", change.name)


def gives_package(change: PartChange, given: Part) -> bool:
    return (given.kind, given.name) == ("package", change.name)


DISTRIBUTION = Words(say, gives_distribution)
PACKAGE = Words(say, gives_package)
