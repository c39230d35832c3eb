"""What would hide something else when Python looks for a module.

The base's files and a lambda's stand in different folders of Python's search path, the lambda's
first. Two files at one path, one in each, are no error for a file system and none for an installer:
one of them is just never imported.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from packaging.requirements import InvalidRequirement, Requirement

from plinth.layers.content import Closure
from plinth.lockfile.distribution import normalise
from plinth.lockfile.environment import Environment


@dataclass(frozen=True)
class Part:
    """Files that are found in one folder of the search path. `owner` says in messages whose they
    are.
    """

    owner: str
    folder: str
    files: tuple[str, ...]


def differing_files(closure: Closure, carried: Closure, owner: str) -> Iterator[str]:
    """Paths that stand for one file here and for another in what is carried."""
    there = {file.path: file for file in carried.first_party}
    for file in closure.first_party:
        other = there.get(file.path)
        if other and not file.same_content(other):
            yield f"{file.path}: {file.source} here, {other.source} in {owner}"


def differing_versions(closure: Closure, carried: Closure, owner: str) -> Iterator[str]:
    """Projects that are locked to one version here and to another in what is carried."""
    there = {d.name: d for d in carried.distributions}
    for distribution in closure.distributions:
        other = there.get(distribution.name)
        if other and (other.version, other.hashes) != (distribution.version, distribution.hashes):
            yield (
                f"{distribution.name}: {distribution.version} from {closure.lock} here, "
                f"{other.version} from {carried.lock} in {owner}"
            )


def hidden(own: Part, others: Iterable[Part]) -> Iterator[str]:
    """Modules of `own`, or of `others`, that Python would not find because of the other's.

    That is a file at the same path, a module beside a package of its name, or a package with an
    `__init__.py` that has more modules in another folder: Python looks for them in the first one
    only.
    """
    ours = _modules(own)
    for other in others:
        theirs = _modules(other)
        both = f"{own.owner} and {other.owner}"
        for path in sorted(ours.files & theirs.files):
            yield f"{path}: in {both}"
        for module in sorted(ours.modules & theirs.folders | ours.folders & theirs.modules):
            yield f"{module}.py and {module}/: in {both}"
        if own.folder == other.folder:
            continue
        for package in sorted(ours.folders & theirs.folders):
            if package in ours.packages and package not in theirs.packages:
                yield _split(package, own, other)
            elif package in theirs.packages and package not in ours.packages:
                yield _split(package, other, own)


def _split(package: str, regular: Part, other: Part) -> str:
    return (
        f"{package}/: {regular.owner} has {package}/__init__.py, so Python does not look for the "
        f"modules of {package} that are in {other.owner}"
    )


class _Modules:
    """The paths of a part by what Python makes of them."""

    def __init__(self, part: Part) -> None:
        self.files = frozenset(part.files)
        sources = [path for path in part.files if path.endswith((".py", ".so"))]
        self.folders = {parent for path in sources for parent in _parents(path)}
        self.packages = {
            posixpath.dirname(path) for path in sources if path.endswith("/__init__.py")
        }
        self.modules = {path[: -len(".py")] for path in sources if path.endswith(".py")}


# A thousand lambdas are compared with one base.
_modules = lru_cache(maxsize=64)(_Modules)


def _parents(path: str) -> Iterator[str]:
    parent = posixpath.dirname(path)
    while parent:
        yield parent
        parent = posixpath.dirname(parent)


def unmet(
    requires: Iterable[tuple[str, tuple[str, ...]]],
    present: Iterable[str],
    environment: Environment,
) -> Iterator[tuple[str, str]]:
    """Pairs of a distribution and a project that it says it requires, which is not `present`.

    `requires` is what the installed distributions' own metadata say; extras are not looked at.
    """
    there = {normalise(name) for name in present}
    for distribution, requirements in requires:
        for text in requirements:
            try:
                requirement = Requirement(text)
            except InvalidRequirement:  # old metadata: the lock's resolver made sense of it
                continue
            needed = normalise(requirement.name)
            if needed not in there and environment.holds(str(requirement.marker or "")):
                yield normalise(distribution), needed
