"""A build context as a listing, and which of its paths an instruction's sources name.

The listing comes from a directory or from names alone, so that what an instruction can touch is
known before anything is fetched or copied.
"""

from __future__ import annotations

import difflib
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plinth.archive.tar import DIRECTORY, FILE, SYMLINK, normalise
from plinth.oci.assemble.tree import Node, TreeError, follow, on_the_way
from plinth.oci.dockerfile.match import BadPattern, is_pattern, matches
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.errors import OciError


class SourceError(OciError):
    """A source that an instruction names and the build context does not have."""


@dataclass(frozen=True)
class Source:
    """What one source, or one match of its pattern, stands for.

    `name` is the last part of its path as the Dockerfile or the context has it, `path` where it is
    once links are followed.
    """

    name: str
    path: str


class Context:
    """The paths of a build context: kinds, links' targets and what is in which directory."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self.nodes = dict(nodes)
        children: dict[str, set[str]] = {"": set()}
        for path in nodes:
            # A directory need not be listed when something in it is.
            folder, _, name = path.rpartition("/")
            while name and name not in children.setdefault(folder, set()):
                children[folder].add(name)
                if folder:
                    self.nodes.setdefault(folder, Node(DIRECTORY))
                folder, _, name = folder.rpartition("/")
        self.children = {folder: sorted(names) for folder, names in children.items()}

    @classmethod
    def of(
        cls, files: Iterable[str], directories: Iterable[str] = (), links: Mapping[str, str] = {}
    ) -> Context:
        """The context with these paths; `links` gives the targets of symbolic links."""
        nodes = {normalise(path): Node(DIRECTORY) for path in directories}
        nodes.update((normalise(path), Node(FILE)) for path in files)
        nodes.update((normalise(path), Node(SYMLINK, target=to)) for path, to in links.items())
        nodes.pop("", None)
        return cls(nodes)

    @classmethod
    def on_disk(cls, root: Path) -> Context:
        """The context in a directory."""

        def visit(folder: Path, below: str) -> Iterator[tuple[str, Node]]:
            for found in os.scandir(folder):
                path = below + found.name
                if found.is_symlink():
                    yield path, Node(SYMLINK, target=os.readlink(found.path))
                elif found.is_dir():
                    yield path, Node(DIRECTORY)
                    yield from visit(Path(found.path), path + "/")
                else:
                    yield path, Node(FILE)

        return cls(dict(visit(root, "")))

    def kind(self, path: str) -> str | None:
        """What is at `path`; the root is a directory."""
        node = self.nodes.get(path)
        return node.kind if node else (None if path else DIRECTORY)

    def sources(self, step: LayerStep) -> tuple[Source, ...]:
        """What the step's sources stand for, in order. Raises `SourceError` when one is missing."""
        found = [source for text in step.sources for source in self._sources(step, text)]
        if not found:
            raise SourceError(
                f"{step.at}: no file in the build context matches "
                f"{' '.join(step.sources)}; {self._holds()}"
            )
        return tuple(found)

    def _sources(self, step: LayerStep, text: str) -> Iterator[Source]:
        for path in self.matching(step, text):
            try:
                real = follow(path, self.nodes)
            except TreeError as error:
                raise SourceError(f"{step.at}: {error}") from error
            if real and real not in self.nodes:
                raise SourceError(self._missing(step, path, real))
            yield Source(path.rpartition("/")[2], real)

    def matching(self, step: LayerStep, text: str) -> list[str]:
        """The paths that match if `text` is a pattern, in the order of a walk; else itself."""
        fixed = fixed_part(text)
        patterns = normalise(text)[len(fixed) :].lstrip("/")
        if not patterns:
            return [fixed]
        folder = follow(fixed, self.nodes)
        found = [folder] if self.kind(folder) == DIRECTORY else []
        try:
            for part in patterns.split("/"):
                found = [
                    f"{each}/{name}".lstrip("/")
                    for each in found
                    for name in self.children.get(each, ())
                    if matches(part, name)
                ]
        except BadPattern as error:
            raise SourceError(f"{step.at}: {error}") from error
        return found

    def _missing(self, step: LayerStep, path: str, real: str) -> str:
        name = f"{path} (a link to {real})" if real != path else path
        near = difflib.get_close_matches(real, sorted(self.nodes)[:5000], 3)
        hint = f"near it are {', '.join(near)}" if near else self._holds()
        return f"{step.at}: {name} is not in the build context; {hint}"

    def _holds(self) -> str:
        names = self.children[""]
        some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        return f"at its top are {some}" if names else "it is empty: add it to the dependencies"

    def below(self, path: str) -> Iterator[str]:
        """The paths in a directory and in those within it; links are not followed."""
        for name in self.children.get(path, ()):
            child = f"{path}/{name}" if path else name
            yield child
            yield from self.below(child)


def fixed_part(text: str) -> str:
    """A source's path, or as much of it as stands before its first pattern."""
    parts = normalise(text).split("/")
    return "/".join(itertools.takewhile(lambda part: not is_pattern(part), parts))


def context_paths(step: LayerStep, context: Context) -> tuple[str, ...]:
    """The least part of the context that the step needs: files, links, empty directories.

    Raises `SourceError` when a source is missing.
    """
    needed: set[str] = set()
    for text in step.sources:
        for path in (fixed_part(text), *context.matching(step, text)):
            way = on_the_way(path, context.nodes)
            needed.update(each for each in way if context.kind(each) == SYMLINK)
    for source in context.sources(step):
        below = context.below(source.path)
        needed.update(path for path in (source.path, *below) if not context.children.get(path))
    return tuple(sorted(needed - {""}))
