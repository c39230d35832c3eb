"""What layers hold, as values: the closure of a layer's dependencies, less what an image
carries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plinth.lockfile.distribution import Distribution

FIRST_PARTY, THIRD_PARTY = "first_party", "third_party"


@dataclass(frozen=True)
class FirstPartyFile:
    """A file of this repository. `path` is where Python finds it, below a source root.

    `source` is its path in the repository, `fingerprint` the sha256 of its bytes, `size` their
    number.
    """

    path: str
    source: str
    fingerprint: str
    size: int
    executable: bool

    def same_content(self, other: FirstPartyFile) -> bool:
        return (self.fingerprint, self.executable) == (other.fingerprint, other.executable)


@dataclass(frozen=True)
class Closure:
    """All that some targets need: files by path, and distributions by name. Both sorted.

    `lock` is the path of the lock that the distributions are from, or "" when there are none.
    """

    first_party: tuple[FirstPartyFile, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    lock: str = ""


def united(closures: Iterable[Closure]) -> Closure:
    """All that is in any of the closures. A path or a name that is in several comes from the
    first.
    """
    files: dict[str, FirstPartyFile] = {}
    distributions: dict[str, Distribution] = {}
    locks = []
    for closure in closures:
        for file in closure.first_party:
            files.setdefault(file.path, file)
        for distribution in closure.distributions:
            distributions.setdefault(distribution.name, distribution)
        locks.append(closure.lock)
    return Closure(
        first_party=tuple(sorted(files.values(), key=lambda file: file.path)),
        distributions=tuple(sorted(distributions.values(), key=lambda d: d.name)),
        lock=next(filter(None, locks), ""),
    )


def less(closure: Closure, carried: Closure) -> Closure:
    """What of `closure` is not already in `carried`, or is there with other content."""
    files = {file.path: file for file in carried.first_party}
    locked = {d.name: _identity(d) for d in carried.distributions}
    return Closure(
        first_party=tuple(
            file
            for file in closure.first_party
            if not (file.path in files and file.same_content(files[file.path]))
        ),
        distributions=tuple(d for d in closure.distributions if locked.get(d.name) != _identity(d)),
        lock=closure.lock,
    )


def only(closure: Closure, content: Iterable[str]) -> Closure:
    """The parts of `closure` that `content` names."""
    kinds = frozenset(content)
    return Closure(
        first_party=closure.first_party if FIRST_PARTY in kinds else (),
        distributions=closure.distributions if THIRD_PARTY in kinds else (),
        lock=closure.lock if THIRD_PARTY in kinds else "",
    )


def _identity(distribution: Distribution) -> tuple[str, tuple[str, ...]]:
    return distribution.version, distribution.hashes
