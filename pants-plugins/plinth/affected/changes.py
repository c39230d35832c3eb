"""From files that differ to causes: what each of them means, by what it is to a build."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from plinth.affected.contents import Layers
from plinth.affected.errors import NotKnown
from plinth.affected.files import (
    PYTHON,
    Modules,
    content_cause,
    leavers,
    meaning_cause,
    owned,
    rivals,
    takers,
)
from plinth.affected.git import FileChange
from plinth.affected.graph import Graph
from plinth.affected.inputs import Inputs
from plinth.affected.locks import (
    LockPair,
    Versions,
    debian_lock_causes,
    python_lock_causes,
    requirements_changes,
    wheel_causes,
)
from plinth.affected.model import Change, Kind
from plinth.affected.options import Reach, changed_options
from plinth.affected.reach import Cause
from plinth.lockfile.compare import compare
from plinth.oci.dockerfile import parse_dockerfile
from plinth.oci.errors import OciError


@dataclass(frozen=True)
class Repository:
    """What is known of the repository: its layers and their graph, and what its files are."""

    layers: Layers
    inputs: Inputs

    @property
    def graph(self) -> Graph:
        return self.layers.graph

    def tests(self, *, python: bool = False) -> frozenset[str]:
        """All tests, or those in Python."""
        return frozenset(
            spec
            for spec, node in self.graph.nodes.items()
            if node.kind in (Kind.TEST, Kind.CONTAINER_TEST) and (node.python or not python)
        )


@dataclass(frozen=True)
class Changed:
    """A file that differs, with its texts; these are None for what is not there or is not read."""

    file: FileChange
    versions: Versions

    @property
    def path(self) -> str:
        return self.file.path

    @property
    def change(self) -> Change:
        return Change(self.file.path, self.file.what)


Tell = Callable[[Changed, Repository], Iterable[Cause]]


def causes(changed: Changed, repository: Repository) -> Iterator[Cause]:
    """What a file causes by being more than some target's source.

    Raises `NotKnown` where that is everything, or cannot be told.
    """
    inputs, path = repository.inputs, changed.path
    kinds: tuple[tuple[Callable[[str], bool], Tell], ...] = (
        (lambda _: changed.file.is_repository, _another_repository),
        (inputs.is_of_the_repository, _of_the_repository),
        (inputs.is_plugin, _plugin),
        (inputs.is_tool, _tool),
        (inputs.requirements_of_another_kind, _requirements_of_another_kind),
        (inputs.is_configuration, _configuration),
        (lambda _: path in inputs.settings.resolves, _python_lock),
        (inputs.is_wheel_lock, _wheel_lock),
        (inputs.is_debian_lock, _debian_lock),
        (inputs.is_requirements, _requirements),
        (inputs.is_dockerfile, _dockerfile),
        (inputs.is_for_pytest, _for_pytest),
    )
    for applies, tell in kinds:
        if applies(path):
            yield from tell(changed, repository)


def _another_repository(changed: Changed, _: Repository) -> NoReturn:
    raise NotKnown(
        f"{changed.path} {changed.file.what}: a git repository of its own, whose files are not "
        "compared"
    )


def _of_the_repository(changed: Changed, _: Repository) -> NoReturn:
    raise NotKnown(
        f"{changed.path} {changed.file.what}: it may change which files there are, their bytes, "
        "and how Pants is started"
    )


def _plugin(changed: Changed, _: Repository) -> NoReturn:
    raise NotKnown(f"{changed.path} {changed.file.what}: the code that makes every image")


def _requirements_of_another_kind(changed: Changed, _: Repository) -> NoReturn:
    raise NotKnown(
        f"{changed.path} {changed.file.what}: targets are made of it in a way that is not compared"
    )


def _tool(changed: Changed, _: Repository) -> Iterable[Cause]:
    """A part of the build. A lock that only looks different is none."""
    versions = changed.versions
    if changed.path.endswith(".txt") and None not in (versions.before, versions.after):
        pair = LockPair.read(versions)
        what = ", ".join(each.what for each in compare(pair.before, pair.after))
        if not what:
            return ()
        raise NotKnown(f"{changed.path}: {what}, in what every build is made with")
    raise NotKnown(f"{changed.path} {changed.file.what}: every build is made with it")


def _configuration(changed: Changed, repository: Repository) -> Iterator[Cause]:
    versions = changed.versions
    options = changed_options(changed.path, versions.before, versions.after)
    far = [option for option, found in options if found is Reach.EVERYTHING]
    if far:
        raise NotKnown(f"{changed.path}: {', '.join(far)}: may reach every image and test")
    for option, found in options:
        if found is Reach.TESTS:
            yield Cause(Change(changed.path, f"{option} changed"), repository.tests())


def _python_lock(changed: Changed, repository: Repository) -> Iterable[Cause]:
    settings = repository.inputs.settings
    resolve = settings.resolves[changed.path]
    runs = repository.tests(python=True) if resolve == settings.pytest_resolve else frozenset()
    return python_lock_causes(LockPair.read(changed.versions), resolve, repository.layers, runs)


def _wheel_lock(changed: Changed, repository: Repository) -> Iterable[Cause]:
    return wheel_causes(LockPair.read(changed.versions), repository.graph)


def _debian_lock(changed: Changed, repository: Repository) -> Iterable[Cause]:
    return debian_lock_causes(changed.versions, repository.graph)


def _requirements(changed: Changed, repository: Repository) -> Iterable[Cause]:
    return requirements_changes(changed.versions, repository.layers).causes


def _dockerfile(changed: Changed, repository: Repository) -> Iterator[Cause]:
    """The images made of it, unless it says the same with other comments and spaces."""
    versions = changed.versions
    before, after = (_statements(changed.path, text) for text in (versions.before, versions.after))
    if before is None or before != after:
        images = (
            spec
            for spec in repository.graph.owners[changed.path]
            if repository.graph.nodes[spec].kind is Kind.IMAGE
        )
        yield Cause(changed.change, frozenset(images))


def _statements(path: str, text: str | None) -> object:
    """What a Dockerfile says; None where there is none or it cannot be read."""
    try:
        found = parse_dockerfile((text or "").encode(errors="surrogateescape"), path)
    except OciError:
        return None
    return found.syntax, tuple(
        (each.keyword, each.flags, each.rest, each.escape, each.heredoc)
        for each in found.statements
    )


def _for_pytest(changed: Changed, repository: Repository) -> Iterator[Cause]:
    """The tests in its folder and below, where it configures pytest or the measure of coverage."""
    texts = (changed.versions.before, changed.versions.after)
    if os.path.basename(changed.path) == "pyproject.toml" and not any(
        f"[tool.{name}" in (text or "") for name in ("pytest", "coverage") for text in texts
    ):
        return
    folder = os.path.dirname(changed.path)
    tests = (
        spec
        for spec in repository.tests(python=True)
        if f"{repository.graph.nodes[spec].folder}/".startswith(f"{folder}/" if folder else "")
    )
    yield Cause(changed.change, frozenset(tests))


def source_causes(
    changed: Changed, path: str, repository: Repository, modules: Modules
) -> Iterator[Cause]:
    """What the file causes as the source of targets; `path` is by which they know it."""
    graph, layers, file = repository.graph, repository.layers, changed.file
    targets = owned(graph, path) | (takers(graph, path) if file.deleted else frozenset())
    needs_other = file.added or file.deleted or changed.path in modules.importing_otherwise
    if path.endswith(PYTHON) and needs_other:
        # What a layer takes of the lock may differ, though it holds nothing of the code.
        yield meaning_cause(changed.change, targets, layers)
    else:
        yield content_cause(changed.change, targets, layers)
    if _is_gone(changed):
        empty = not (changed.versions.before or "").strip()
        yield meaning_cause(changed.change, leavers(graph, path, modules, was_empty=empty), layers)
    elif file.added and path.endswith(PYTHON) and rivals(graph, path):
        yield meaning_cause(changed.change, modules.importers(modules.name(path)), layers)


def needs_imports(changed: Changed, path: str, graph: Graph) -> bool:
    """Whether `source_causes` will look for importers by name."""
    return path.endswith(PYTHON) and (
        _is_gone(changed) or (changed.file.added and rivals(graph, path))
    )


def _is_gone(changed: Changed) -> bool:
    """Whether nothing depends on it any more; Pants infers that for an empty `__init__.py`."""
    is_init = os.path.basename(changed.path) in ("__init__.py", "__init__.pyi")
    return changed.file.deleted or (is_init and changed.versions.after == "")


def united(found: Iterable[Cause]) -> tuple[Cause, ...]:
    """One cause for each change, with all that any of them says of it."""
    targets: dict[Change, frozenset[str]] = {}
    layers: dict[Change, frozenset[str]] = {}
    for cause in found:
        targets[cause.change] = targets.get(cause.change, frozenset()) | cause.targets
        layers[cause.change] = layers.get(cause.change, frozenset()) | cause.layers
    return tuple(Cause(change, targets[change], layers[change]) for change in sorted(targets))
