"""Locks as data, for those who only go on with one that can be relied on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from packaging.requirements import Requirement

from plinth.affected.errors import NotKnown
from plinth.lockfile.compare import Identity
from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import may_hold_on_a_host
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse


def read_python_lock(text: str, path: str) -> Lock:
    """Raises `NotKnown` where the lock cannot be relied on."""
    try:
        return parse(text, path)
    except LockError as error:
        raise NotKnown(error.problems[0]) from None


def asked_for(requirements: Iterable[str]) -> frozenset[str]:
    """The projects, by normalised name, that requirements ask for where Pants runs."""
    parsed = (Requirement(each) for each in requirements)
    return frozenset(
        normalise(each.name) for each in parsed if may_hold_on_a_host(str(each.marker or ""))
    )


def identity(identities: Iterable[Identity]) -> str:
    """What one gets of a distribution, as the value of a part."""
    return " and ".join(
        f"{version} hashes {_sha256(' '.join(hashes))}{f' ; {marker}' if marker else ''}"
        for version, hashes, marker in sorted(identities)
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
