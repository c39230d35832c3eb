"""What Pants read, compared with the commit that is checked out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    FileEntry,
    PathGlobs,
)
from pants.engine.internals.session import RunId
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.git.objects import LINK, SUBMODULE, File, blob_id, id_algorithm, parse_tree
from plinth.git.tree import UNKNOWN, Difference, differences, file_mode, on_disk
from plinth.git.util_rules.index import Index, IndexRequest, Modes, ModesRequest
from plinth.git.util_rules.process import GitAnswer, GitRequest

# So much of the repository is in memory at once.
_BATCH = 64 * 1024 * 1024
NAMED = 3
"""So many differences are explained."""


@dataclass(frozen=True)
class CommittedRequest:
    """The tree of the commit, below the build root. `folder` is a submodule's, or empty."""

    commit: str
    folder: str = ""


@dataclass(frozen=True)
class Committed:
    """Its files by path, those of its submodules included."""

    files: tuple[tuple[str, File], ...]


@dataclass(frozen=True)
class TreeRequest:
    """What differs between all that Pants reads and the commit?"""

    commit: str


@dataclass(frozen=True)
class TreeDifferences:
    """Sorted by path; nothing when Pants read what the commit holds."""

    found: tuple[Difference, ...]


@dataclass(frozen=True)
class Unexplained:
    """What hides the difference from git?"""

    difference: Difference


@rule(desc="Reading the commit's tree", level=LogLevel.DEBUG)
async def read_tree(request: CommittedRequest) -> Committed:
    """The files of a commit, with those of its submodules."""
    listed = await Get(
        GitAnswer, GitRequest(("ls-tree", "-r", "-z", request.commit), request.folder)
    )
    where = request.folder or "the repository"
    tree = parse_tree(listed.checked(f"git does not list commit {request.commit} of {where}"))
    files = {os.path.join(request.folder, path): file for path, file in tree.items()}
    below = await MultiGet(
        Get(Committed, CommittedRequest(file.id, path))
        for path, file in files.items()
        if file.mode == SUBMODULE
    )
    for submodule in below:
        files.update(submodule.files)
    return Committed(tuple(files.items()))


def _batches(entries: Iterable[FileEntry]) -> Iterator[list[FileEntry]]:
    batch: list[FileEntry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += entry.file_digest.serialized_bytes_length
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    yield batch


async def _read_by_pants(algorithm: str) -> dict[str, File]:
    """All files that Pants reads."""
    entries = await Get(DigestEntries, Digest, await Get(Digest, PathGlobs(["**"])))
    files = {entry.path: entry for entry in entries if isinstance(entry, FileEntry)}
    found = {}
    for batch in _batches(files.values()):
        for file in await Get(DigestContents, Digest, await Get(Digest, CreateDigest(batch))):
            mode = file_mode(files[file.path].is_executable)
            found[file.path] = File(mode, blob_id(file.content, algorithm))
    return found


@rule(desc="Comparing what Pants read with the commit", level=LogLevel.DEBUG)
async def compare_tree(
    # Some of it is read directly, so once in each run.
    request: TreeRequest,
    root: BuildRoot,
    run_id: RunId,
) -> TreeDifferences:
    """Where the files that Pants read are not those of the commit."""
    algorithm = id_algorithm(request.commit)
    tree, modes = await MultiGet(
        Get(Committed, CommittedRequest(request.commit)),
        Get(Modes, ModesRequest()),
    )
    committed = dict(tree.files)
    read = await _read_by_pants(algorithm)
    for path in read.keys() & modes.executable.keys():
        read[path] = replace(read[path], mode=file_mode(modes.executable[path]))
    links = [path for path, file in committed.items() if file.mode == LINK]
    hidden = [path for path in committed if path not in read]
    disk = on_disk(Path(root.path), {*links, *hidden}, algorithm)
    targets = {
        path: os.readlink(Path(root.path, path))
        for path in links
        if path in disk and disk[path].mode == LINK
    }
    found = sorted(differences(committed, read, disk, targets))
    explained = await MultiGet(Get(Difference, Unexplained(each)) for each in found[:NAMED])
    return TreeDifferences((*explained, *found[NAMED:]))


@rule
async def explain(request: Unexplained) -> Difference:
    """The same difference, and why `git status` does not show it."""
    difference = request.difference
    if difference.what != UNKNOWN:
        index = await Get(Index, IndexRequest())
        return replace(difference, why=index.hidden.get(difference.path, ""))
    asked = ("check-ignore", "--verbose", "--no-index", "--stdin")
    ignored = await Get(GitAnswer, GitRequest(asked, lines=(difference.path,)))
    by = re.match(r"(.*?:\d+):", ignored.output.decode(errors="replace"))
    return replace(
        difference, why=f"and Pants reads it, though git ignores it by {by[1]}" if by else ""
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
