"""Files that git calls unedited, as its index has them and not as this disk does.

A disk may lose execute bits (`core.fileMode=false`: WSL, network drives) and a user's attributes
may change line ends, in a tree that git calls clean. The same commit has to give the same image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Union

from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    Directory,
    FileContent,
    FileEntry,
    SymlinkEntry,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.git.objects import blob_id
from plinth.git.util_rules import index
from plinth.git.util_rules.index import Index, IndexRequest, Modes, ModesRequest
from plinth.git.util_rules.process import GitAnswer, GitRequest

DiskEntry = Union[FileEntry, SymlinkEntry, Directory]

# No text that a person edits is larger, and not all of a data file has to be in memory.
_LARGEST_TEXT = 1024 * 1024


@dataclass(frozen=True)
class AsCommittedRequest:
    """The files of a digest, at their paths from the build root."""

    digest: Digest


@dataclass(frozen=True)
class AsCommitted:
    """The same files. Those that git calls unedited are as its index has them."""

    digest: Digest


@dataclass(frozen=True)
class CarriageReturnsRequest:
    """Asks which files of a digest may have had their line ends changed."""

    digest: Digest


@dataclass(frozen=True)
class CarriageReturns:
    """The files that have lines that end with a carriage return, with their bytes."""

    files: tuple[FileContent, ...]


@dataclass(frozen=True)
class UneditedRequest:
    """Which of these files does git call unedited, though their bytes are not the index's?"""

    files: tuple[FileContent, ...]


@dataclass(frozen=True)
class Unedited:
    """Their bytes as the index has them, by path."""

    contents: FrozenDict[str, bytes]


@rule(level=LogLevel.DEBUG)
async def find_carriage_returns(request: CarriageReturnsRequest) -> CarriageReturns:
    """The files that hold a CRLF, of those that are small enough to be text."""
    entries = await Get(DigestEntries, Digest, request.digest)
    small = await Get(
        Digest,
        CreateDigest(
            entry
            for entry in entries
            if isinstance(entry, FileEntry)
            and entry.file_digest.serialized_bytes_length <= _LARGEST_TEXT
        ),
    )
    contents = await Get(DigestContents, Digest, small)
    return CarriageReturns(tuple(file for file in contents if b"\r\n" in file.content))


@rule(desc="Asking git for line ends", level=LogLevel.DEBUG)
async def find_unedited(request: UneditedRequest) -> Unedited:
    """The committed bytes of files that differ from them by git's own filters alone."""
    repository = await Get(GitAnswer, GitRequest(("rev-parse", "--git-dir")))
    if repository.exit_code:
        # An archive of the sources, for example: nothing is known of a commit.
        return Unedited(FrozenDict())
    known = await Get(Index, IndexRequest())
    other = [
        file.path
        for file in request.files
        if file.path in known.files
        and blob_id(file.content, known.algorithm) != known.files[file.path].id
        # It would be two lines.
        and "\n" not in file.path
    ]
    if not other:
        return Unedited(FrozenDict())
    # What git would add for it, with all filters that it knows of.
    hashes = await Get(GitAnswer, GitRequest(("hash-object", "--stdin-paths"), lines=tuple(other)))
    added = dict(zip(other, hashes.output.decode().split()))
    same = [path for path in other if added.get(path) == known.files[path].id]
    blobs = await MultiGet(
        Get(GitAnswer, GitRequest(("cat-file", "blob", known.files[path].id))) for path in same
    )
    return Unedited(
        FrozenDict(
            (path, blob.checked(f"git does not give {path} of its index"))
            for path, blob in zip(same, blobs)
        )
    )


@rule(level=LogLevel.DEBUG)
async def as_committed(request: AsCommittedRequest) -> AsCommitted:
    """The same files with the execute bits and line ends that git has for them."""
    modes, returns = await MultiGet(
        Get(Modes, ModesRequest()),
        Get(CarriageReturns, CarriageReturnsRequest(request.digest)),
    )
    contents: Mapping[str, bytes] = {}
    if returns.files:
        contents = (await Get(Unedited, UneditedRequest(returns.files))).contents
    if not (modes.executable or contents):
        return AsCommitted(request.digest)
    entries = await Get(DigestEntries, Digest, request.digest)
    found = (_corrected(entry, modes.executable, contents) for entry in entries)
    return AsCommitted(await Get(Digest, CreateDigest(found)))


def _corrected(
    entry: DiskEntry, executable: Mapping[str, bool], contents: Mapping[str, bytes]
) -> DiskEntry | FileContent:
    if not isinstance(entry, FileEntry):
        return entry
    mode = executable.get(entry.path, entry.is_executable)
    if entry.path in contents:
        return FileContent(entry.path, contents[entry.path], mode)
    return replace(entry, is_executable=mode)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *index.rules()]
