"""What an edited, added or deleted file reaches by the targets that own it, or owned it."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pants.source.filespec import FilespecMatcher

from plinth.affected.contents import Layers
from plinth.affected.graph import Graph, Node
from plinth.affected.model import Change, Kind
from plinth.affected.reach import Cause

# Targets whose source is compared in a way of its own, and not byte by byte: locks and what they
# answer project by project, Dockerfiles instruction by instruction.
COMPARED_BY_MEANING = frozenset(
    {
        "_generator_sources_helper",
        "_lockfile",
        "_lockfiles",
        "debian_root",
        "docker_image",
        "python_requirements",
    }
)
PYTHON = (".py", ".pyi")


@dataclass(frozen=True)
class Modules:
    """Which Python modules files are, and who imports what.

    `names` are those of the files that were asked for. `imports` are the modules that each target
    names, also those that nobody provides. `importing_otherwise` are the edited files that do not
    import what they did.
    """

    names: Mapping[str, str]
    imports: Mapping[str, tuple[str, ...]]
    importing_otherwise: frozenset[str] = frozenset()

    def name(self, file: str) -> str:
        """The module that a file is, "" where it is none."""
        return self.names.get(file, "")

    def importers(self, module: str, *, package_only: bool = False) -> frozenset[str]:
        """The targets that import the module, or something in it."""
        return frozenset(
            spec
            for spec, imported in self.imports.items()
            if module
            and any(
                name == module or (not package_only and name.startswith(f"{module}."))
                for name in imported
            )
        )


def owned(graph: Graph, file: str) -> frozenset[str]:
    """The targets whose content the file is."""
    return frozenset(
        spec
        for spec in graph.owners.get(file, ())
        if graph.nodes[spec].alias not in COMPARED_BY_MEANING
    )


def takers(graph: Graph, file: str) -> frozenset[str]:
    """The targets whose globs take the file, whether it is there or not."""
    return frozenset(
        spec
        for spec, node in graph.nodes.items()
        if node.globs and _below(node.folder, file) and node.alias not in COMPARED_BY_MEANING
        if _matches(node, file)
    )


def _matches(node: Node, file: str) -> bool:
    includes = [glob for glob in node.globs if not glob.startswith("!")]
    excludes = [glob[1:] for glob in node.globs if glob.startswith("!")]
    return bool(FilespecMatcher(includes, excludes).matches([file]))


def _below(folder: str, file: str) -> bool:
    return not folder or file.startswith(f"{folder}/")


def content_cause(change: Change, targets: frozenset[str], layers: Layers) -> Cause:
    """The content of these targets' files differs, and so do the layers that hold these files."""
    holders = (s for s in layers.graph.layers if not targets.isdisjoint(layers.first_party(s)))
    return Cause(change, targets, frozenset(holders))


def meaning_cause(change: Change, targets: frozenset[str], layers: Layers) -> Cause:
    """These targets differ in what they need or are, and so may every layer that needs them."""
    return Cause(change, targets, layers.needing(targets))


def leavers(graph: Graph, file: str, modules: Modules, *, was_empty: bool) -> frozenset[str]:
    """Who may have needed a file that is gone, or that no target owns any more.

    Those that import it by name; and for what Python or pytest loads unasked, all code or all tests
    in its folder and below.
    """
    folder, name = os.path.split(file)
    if name == "conftest.py":
        return _in(graph, folder, lambda node: node.kind in (Kind.TEST, Kind.CONTAINER_TEST))
    if name in ("__init__.py", "__init__.pyi"):
        named = modules.importers(modules.name(file), package_only=was_empty)
        return named if was_empty else named | _in(graph, folder, lambda node: node.python)
    return modules.importers(modules.name(file)) if name.endswith(PYTHON) else frozenset()


def _in(graph: Graph, folder: str, wanted: Callable[[Node], bool]) -> frozenset[str]:
    return frozenset(
        spec
        for spec, node in graph.nodes.items()
        if wanted(node) and _below(folder, f"{node.folder}/")
    )


def rivals(graph: Graph, file: str) -> bool:
    """Whether another file may be the same Python module, so that neither is found by its name."""
    module = os.path.splitext(file)[0]
    if os.path.basename(module) == "__init__":
        module = os.path.dirname(module)
    name = os.path.basename(module)
    ends = tuple(f"/{name}{end}" for end in (*PYTHON, "/__init__.py", "/__init__.pyi"))
    return any(
        other != file and f"/{other}".endswith(ends) and os.path.dirname(other)
        for other in graph.owners
    )


def linked(path: str, links: Mapping[str, str]) -> tuple[str, ...]:
    """The paths by which symbolic links lead to `path`. `links` tells where each of them points."""
    found = []
    for link, target in sorted(links.items()):
        if path == target:
            found.append(link)
        elif path.startswith(f"{target}/"):
            found.append(link + path[len(target) :])
    return tuple(found)


def symlink_targets(root: str, links: Iterable[str]) -> Mapping[str, str]:
    """Where symbolic links point, from the build root; those that lead out of it are left out."""
    top = os.path.realpath(root)
    found = {}
    for link in links:
        target = os.path.relpath(os.path.realpath(os.path.join(root, link)), top)
        if target != os.pardir and not target.startswith(f"{os.pardir}/"):
            found[link] = target
    return found
