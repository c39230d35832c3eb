"""From package names to a lock: the newest version of each, and all that these depend on.

There is no search: a dependency takes what the packages file names, or else its first alternative
that exists. Where that leaves a choice, the packages file has to make it. So the answer is the same
whatever the order of the names, and a reader can predict it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from debian.deb822 import Packages, PkgRelation
from debian.debian_support import Version

from plinth.debian.errors import ArchiveError, ResolveError
from plinth.debian.lock import DEBIAN, Lock, LockedPackage
from plinth.debian.packages_file import PackagesFile

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.+-]*")
# Policy 7.1: "<" and ">" are old forms, and do not mean what they say.
_COMPARISONS = {
    "<<": operator.lt,
    "<": operator.le,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.ge,
    ">>": operator.gt,
}


@dataclass(frozen=True)
class Relation:
    """A package by name, and the versions that are meant: all, or what `operator` says."""

    name: str
    operator: str = ""
    version: str = ""

    def admits(self, version: Version) -> bool:
        """Whether the version is one that the relation means."""
        if not self.operator:
            return True
        return bool(_COMPARISONS[self.operator](version, Version(self.version)))

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


@dataclass(frozen=True)
class Candidate:
    """A package that an archive offers. `stanza` is its part of the index, parsed when needed."""

    name: str
    archive: str
    provides: tuple[str, ...]
    stanza: str

    @cached_property
    def fields(self) -> Packages:
        return Packages(self.stanza)

    @cached_property
    def version(self) -> Version:
        return Version(self.field("Version"))

    def field(self, name: str) -> str:
        """The value of a field that must be there. Raises `ArchiveError`."""
        try:
            return str(self.fields[name])
        except KeyError:
            raise ArchiveError(
                f"the index of {self.archive} has {self.name} without {name}"
            ) from None

    def relations(self, *names: str) -> list[list[Relation]]:
        """The named fields' relations: every list must be met, by one relation in it."""
        texts = (self.fields.get(name) for name in names)
        return [
            [self._relation(parsed["name"], *(parsed["version"] or ())) for parsed in group]
            for text in texts
            if text
            for group in PkgRelation.parse_relations(text)
        ]

    def _relation(self, name: str, operator: str = "", version: str = "") -> Relation:
        # python-debian hands on, as a name, what it cannot parse.
        if not _NAME.fullmatch(name) or (operator and operator not in _COMPARISONS):
            raise ArchiveError(
                f"the index of {self.archive} has {self.name} with a relation that is none: "
                f"{name} {operator} {version}"
            )
        return Relation(name, operator, version)


class Index:
    """What all suites offer together."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._by_name: dict[str, list[Candidate]] = {}
        self._providers: dict[str, set[str]] = {}
        for candidate in candidates:
            self._by_name.setdefault(candidate.name, []).append(candidate)
            for virtual in candidate.provides:
                self._providers.setdefault(virtual, set()).add(candidate.name)

    def newest(self, name: str) -> Candidate | None:
        """The highest version in any suite, from the archive that keeps it longer."""
        return max(
            self._by_name.get(name, ()),
            key=lambda c: (c.version, c.archive == DEBIAN),
            default=None,
        )

    def providers(self, virtual: str) -> list[Candidate]:
        """The newest version of each package that provides the name, sorted by name."""
        newest = (self.newest(name) for name in sorted(self._providers.get(virtual, ())))
        return [candidate for candidate in newest if candidate and virtual in candidate.provides]


def resolve(index: Index, request: PackagesFile) -> Lock:
    """The lock that answers the request. Raises `ResolveError`, `ArchiveError`."""
    resolution = _Resolution(index, request)
    for name in request.wanted:
        resolution.want(name)
    resolution.follow()
    resolution.check()
    return Lock(
        architecture=request.architecture,
        suites=request.suites,
        wanted=request.wanted,
        excluded=request.excluded,
        packages=tuple(
            _locked(candidate, resolution.edges[name])
            for name, candidate in sorted(resolution.chosen.items())
        ),
    )


class _Resolution:
    def __init__(self, index: Index, request: PackagesFile) -> None:
        self._index = index
        self._excluded = frozenset(request.excluded)
        self._excluded_candidates = [c for c in map(index.newest, request.excluded) if c]
        self._wanted: list[Candidate] = []
        self._used_exclusions: set[str] = set()
        self.chosen: dict[str, Candidate] = {}
        self.edges: dict[str, tuple[str, ...]] = {}

    def want(self, name: str) -> None:
        candidate = self._index.newest(name)
        if candidate is None:
            providers = [provider.name for provider in self._index.providers(name)]
            hint = (
                f"Name one that provides it: {', '.join(providers)}."
                if providers
                else "Is it spelled so?"
            )
            raise ResolveError(f"the archive has no package {name}. {hint}")
        self._wanted.append(candidate)

    def follow(self) -> None:
        waiting = list(self._wanted)
        while waiting:
            candidate = waiting.pop()
            if candidate.name in self.chosen:
                continue
            self.chosen[candidate.name] = candidate
            needed = {
                found.name: found
                for group in candidate.relations("Pre-Depends", "Depends")
                if not self._left_out(group)
                for found in (self._choose(candidate, group),)
            }
            self.edges[candidate.name] = tuple(sorted(needed.keys() - {candidate.name}))
            waiting.extend(needed.values())

    def _left_out(self, group: list[Relation]) -> bool:
        """Whether the dependency is met by a package that was left out on purpose."""
        for relation in group:
            found = {relation.name} & self._excluded
            found |= {c.name for c in self._excluded_candidates if relation.name in c.provides}
            if found:
                self._used_exclusions |= found
                return True
        return False

    def _choose(self, candidate: Candidate, group: list[Relation]) -> Candidate:
        for relation in group:
            for wanted in self._wanted:
                if satisfies(wanted, relation):
                    return wanted
        for relation in group:
            real = self._index.newest(relation.name)
            if real and satisfies(real, relation):
                return real
            providers = [p for p in self._index.providers(relation.name) if satisfies(p, relation)]
            if len(providers) > 1:
                names = ", ".join(provider.name for provider in providers)
                raise ResolveError(
                    f"{candidate.name} {candidate.version} depends on {relation}, which "
                    f"several packages provide: {names}. Add the one you mean to the packages "
                    f"file, or leave {relation.name} out."
                )
            if providers:
                return providers[0]
        raise ResolveError(
            f"{candidate.name} {candidate.version} depends on {' | '.join(map(str, group))}, and "
            "the newest versions in the suites do not meet that. Is a suite missing in the "
            "packages file?"
        )

    def check(self) -> None:
        unused = self._excluded - self._used_exclusions
        if unused:
            raise ResolveError(
                f"left out, but nothing depends on it: {', '.join(sorted(unused))}. Remove the "
                "line from the packages file."
            )
        packages = [candidate for _, candidate in sorted(self.chosen.items())]
        for one in packages:
            for relation in (r for group in one.relations("Conflicts", "Breaks") for r in group):
                for other in packages:
                    if other is not one and satisfies(other, relation):
                        raise ResolveError(
                            f"{one.name} {one.version} conflicts with {relation}, and "
                            f"{other.name} {other.version} is needed as well. Leave one of them "
                            "out in the packages file."
                        )


def satisfies(candidate: Candidate, relation: Relation) -> bool:
    """Whether the package is, or provides, what the relation names, at a version that it admits."""
    if candidate.name == relation.name and relation.admits(candidate.version):
        return True
    if relation.name not in candidate.provides:
        return False
    for provided in (p for group in candidate.relations("Provides") for p in group):
        # Policy 7.5: a name provided without a version meets no relation that asks for one.
        if provided.name == relation.name and (
            not relation.operator
            or (provided.version and relation.admits(Version(provided.version)))
        ):
            return True
    return False


def _locked(candidate: Candidate, depends: tuple[str, ...]) -> LockedPackage:
    return LockedPackage(
        name=candidate.name,
        version=candidate.field("Version"),
        architecture=candidate.field("Architecture"),
        archive=candidate.archive,
        path=candidate.field("Filename"),
        size=int(candidate.field("Size")),
        sha256=candidate.field("SHA256"),
        depends=depends,
    )
