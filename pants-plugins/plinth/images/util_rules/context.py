"""A `docker_image`'s build context as a listing, and any part of it as a digest."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Union

from pants.base.build_root import BuildRoot
from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestSubset,
    Directory,
    FileEntry,
    PathGlobs,
    SymlinkEntry,
)
from pants.engine.internals.session import RunId
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive.tar import DIRECTORY, FILE, SYMLINK
from plinth.fingerprint.made import mode
from plinth.oci.assemble.context import Context
from plinth.oci.assemble.tree import Node
from plinth.oci.dockerfile.ignore import IgnoreRules

DiskEntry = Union[FileEntry, SymlinkEntry, Directory]


@dataclass(frozen=True)
class Listing:
    """What the context holds, by path from the context's root."""

    entries: Mapping[str, DiskEntry]

    @classmethod
    def below(cls, root: str, entries: Iterable[DiskEntry]) -> Listing:
        """The entries below the folder `root` of the repository; `.` stands for all of it."""
        prefix = "" if root in ("", ".") else os.path.normpath(root) + "/"
        return cls({e.path[len(prefix) :]: e for e in entries if e.path.startswith(prefix)})

    def without(self, rules: IgnoreRules) -> Listing:
        """The listing without what a `.dockerignore` leaves out."""
        return Listing({path: self.entries[path] for path in rules.kept(self.entries)})

    def context(self) -> Context:
        """The listing as the assembler reads it."""
        return Context({path: _node(entry) for path, entry in self.entries.items()})

    def part(self, paths: Iterable[str], at: str) -> list[DiskEntry]:
        """The entries at these paths, put below the folder `at`."""
        return [_moved(self.entries[path], os.path.join(at, path)) for path in paths]

    def executables(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that are files with an execute bit."""
        found = ((path, self.entries[path]) for path in paths)
        return tuple(p for p, e in found if isinstance(e, FileEntry) and e.is_executable)


def entry_value(entry: DiskEntry) -> str:
    """What an entry is, its path aside: its mode in an image and its bytes, or a link's target."""
    if isinstance(entry, SymlinkEntry):
        return f"link to {entry.target}"
    if isinstance(entry, FileEntry):
        return f"{mode(entry.is_executable)} sha256:{entry.file_digest.fingerprint}"
    return "directory"


def _node(entry: DiskEntry) -> Node:
    if isinstance(entry, SymlinkEntry):
        return Node(SYMLINK, target=entry.target)
    return Node(FILE if isinstance(entry, FileEntry) else DIRECTORY)


def _moved(entry: DiskEntry, path: str) -> DiskEntry:
    if isinstance(entry, SymlinkEntry):
        return SymlinkEntry(path, entry.target)
    if isinstance(entry, FileEntry):
        return FileEntry(path, entry.file_digest, entry.is_executable)
    return Directory(path)


@dataclass(frozen=True)
class IgnoredRequest:
    """What does a `.dockerignore` in the context leave out?"""

    context: Digest
    dockerfile: str
    context_root: str


@rule
async def read_dockerignore(request: IgnoredRequest) -> IgnoreRules:
    """The rules of the `.dockerignore` that is the Dockerfile's own, or else the context's."""
    candidates = (
        f"{request.dockerfile}.dockerignore",
        os.path.normpath(os.path.join(request.context_root, ".dockerignore")),
    )
    files = await Get(DigestContents, DigestSubset(request.context, PathGlobs(candidates)))
    for path in candidates:
        for file in files:
            if file.path == path:
                return IgnoreRules.parse(file.content, path)
    return IgnoreRules()


@dataclass(frozen=True)
class RepositoryLinksRequest:
    """Which of the context's paths are symbolic links in the repository, or below one?"""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class RepositoryLinks:
    """The links' paths from the build root, with their targets."""

    targets: FrozenDict[str, str]


@rule
async def find_links(
    request: RepositoryLinksRequest, build_root: BuildRoot, run_id: RunId
) -> RepositoryLinks:
    """The symbolic links on the way to the files of a context, and where each points."""
    # Read directly, once in each run: Pants' own file system shows a file in the place of a link.
    whole = {
        os.path.join(*parts[:end])
        for parts in (path.split("/") for path in request.paths)
        for end in range(1, len(parts) + 1)
    }
    found = {path: os.path.join(build_root.path, path) for path in sorted(whole)}
    return RepositoryLinks(
        FrozenDict({path: os.readlink(at) for path, at in found.items() if os.path.islink(at)})
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
