"""A graph that serves more than one run, and what of the tree it was read from.

To read the graph anew, Pants goes through every target of the repository. Most edits leave it as it
is: the body of a function, a version in a lock. So the graph is kept with the tree it was read
from, and holds as long as nothing that differs says otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plinth.affected.errors import NotKnown
from plinth.affected.files import linked, symlink_targets
from plinth.affected.git import ABSENT, SUBMODULE, SYMLINK, Difference, Git, GitFailed
from plinth.affected.graph import Graph
from plinth.affected.inputs import Inputs

# More files than this differ after a change of branch; reading the graph anew is no slower then.
_MANY = 500
# Targets whose files' text says nothing of dependencies.
_OPAQUE = frozenset({"_lockfile", "debian_root", "file", "resource"})


@dataclass(frozen=True)
class File:
    """What stands at a path: git's mode, and the bytes; of a link, the path that it holds."""

    mode: str
    content: bytes = b""


NOTHING = File(ABSENT)


@dataclass(frozen=True)
class Tree:
    """All files of the repository: those of a commit, but for `files`.

    `links` tells where symbolic links lead.
    """

    commit: str
    files: Mapping[str, File]
    links: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """A graph, and the tree that it is of."""

    tree: Tree
    graph: Graph


def working_tree(git: Git, difference: Difference) -> Tree:
    """The tree as it is on disk."""
    files = {change.path: _on_disk(git, change.path, change.after) for change in difference.files}
    return Tree(difference.base, files, symlink_targets(str(git.root), difference.symlinks))


def _on_disk(git: Git, path: str, mode: str) -> File:
    if mode in (ABSENT, SUBMODULE):
        return File(mode)
    file = git.root / path
    try:
        content = os.fsencode(os.readlink(file)) if mode == SYMLINK else file.read_bytes()
    except OSError:
        return NOTHING
    return File(mode, content)


@dataclass(frozen=True)
class Doubt:
    """A Python file that was edited: the graph holds if it imports the same in both versions."""

    path: str
    before: bytes
    after: bytes


def doubts(git: Git, kept: Kept, tree: Tree, inputs: Inputs) -> tuple[Doubt, ...] | None:
    """What is left to look into before the graph may be used for `tree`; None if it may not."""
    try:
        paths = _may_differ(git, kept.tree, tree)
        if len(paths) > _MANY:
            return None
        befores, afters = _files(git, kept.tree, paths), _files(git, tree, paths)
    except (GitFailed, NotKnown):
        # The commit that the graph is of is gone.
        return None
    found = []
    for path in sorted(paths):
        before, after = befores.get(path, NOTHING), afters.get(path, NOTHING)
        names = (path, *linked(path, tree.links))
        if not _may_be_edited(before, after):
            return None
        if before.content != after.content and not all(_is_opaque(n, inputs) for n in names):
            if not all(_is_python(n, inputs) for n in names) or _empty(before) != _empty(after):
                return None
            found.append(Doubt(path, before.content, after.content))
    return tuple(found)


def _may_be_edited(before: File, after: File) -> bool:
    """Whether it is a file before and after, or the same link. An execute bit is nothing here."""
    kinds = {_kind(before), _kind(after)}
    return kinds == {"file"} or (kinds == {SYMLINK} and before == after)


def _may_differ(git: Git, one: Tree, other: Tree) -> frozenset[str]:
    paths = frozenset({*one.files, *other.files})
    if one.commit == other.commit:
        return paths
    return paths.union(
        git.fields("diff", "--name-only", "--no-renames", "--relative", one.commit, other.commit)
    )


def _files(git: Git, tree: Tree, paths: frozenset[str]) -> Mapping[str, File]:
    """The files of the tree at these paths; those that it has not are left out."""
    committed = _of_commit(git, tree.commit, paths.difference(tree.files))
    return {**dict(committed), **{path: tree.files[path] for path in paths & set(tree.files)}}


def _of_commit(git: Git, commit: str, paths: frozenset[str]) -> Iterator[tuple[str, File]]:
    if not paths:
        return
    contents = git.contents(commit, paths)
    for line in git.fields("ls-tree", commit, "--", *sorted(paths)):
        described, _, path = line.partition("\t")
        yield path, File(described.split(" ")[0], contents.get(path, b""))


def _kind(file: File) -> str:
    """Whether something is there, and what."""
    return file.mode if file.mode in (ABSENT, SUBMODULE, SYMLINK) else "file"


def _is_opaque(path: str, inputs: Inputs) -> bool:
    """Whether its text says nothing of targets and dependencies."""
    owners = inputs.graph.owners.get(path, ())
    aliases = {inputs.graph.nodes[spec].alias for spec in owners}
    if not aliases <= _OPAQUE:
        return False
    return not (
        inputs.is_build_file(path)
        or inputs.is_prelude(path)
        or inputs.is_configuration(path)
        or inputs.is_plugin(path)
        or os.path.basename(path) == ".gitignore"
        or inputs.is_of_the_repository(path)
    )


def _is_python(path: str, inputs: Inputs) -> bool:
    """Whether its text says nothing but what it imports."""
    owners = [inputs.graph.nodes[spec] for spec in inputs.graph.owners.get(path, ())]
    if not owners:
        return _is_opaque(path, inputs)
    return all(node.python or node.alias in _OPAQUE for node in owners)


def _empty(file: File) -> bool:
    """Pants makes nothing of an `__init__.py` without content."""
    return not file.content.strip()
