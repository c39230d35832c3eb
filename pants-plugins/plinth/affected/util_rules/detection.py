"""From the difference that git sees to the answer, with what Pants knows of the targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from pants.engine.rules import Get, MultiGet
from pants.source.source_root import OptionalSourceRoot, SourceRootRequest
from pants.util.frozendict import FrozenDict

from plinth.affected.changes import (
    Changed,
    Repository,
    causes,
    needs_imports,
    source_causes,
    united,
)
from plinth.affected.contents import Layers
from plinth.affected.errors import NotKnown
from plinth.affected.files import PYTHON, Modules, leavers, linked, meaning_cause, symlink_targets
from plinth.affected.git import Difference, Git
from plinth.affected.graph import Graph
from plinth.affected.inputs import Inputs, Settings
from plinth.affected.locks import Versions, requirements_changes
from plinth.affected.model import Answer, Change
from plinth.affected.reach import Cause, everything, needed_images, reach, unaffected
from plinth.affected.util_rules.build_files import (
    BuildChanges,
    BuildFilesRequest,
    TargetChange,
)
from plinth.affected.util_rules.graph import RepositoryGraph
from plinth.affected.util_rules.imports import AllImports, importing_otherwise, modules_of
from plinth.affected.util_rules.kept import Configuration, graph_of


async def detect(since: str, settings: Settings, configuration: Configuration) -> Answer:
    """What is affected by all that differs from `since`. Raises `AffectedError`."""
    git = Git(Path(configuration.root))
    base = ""
    try:
        base = git.base(since)
        difference = git.difference(base)
    except NotKnown as error:
        repository_graph = await Get(RepositoryGraph)
        return _answer(since, base, repository_graph.graph, (), (str(error),))
    graph = await graph_of(git, difference, settings, configuration)
    repository = Repository(Layers(graph), Inputs(graph, settings))
    found: list[Cause] = []
    try:
        changed = _changed(git, difference, repository.inputs)
        found, reasons = await _causes(git, difference, changed, repository)
    except NotKnown as error:
        reasons = [str(error)]
    return _answer(since, base, graph, found, reasons)


def _answer(
    since: str, base: str, graph: Graph, found: Iterable[Cause], reasons: Iterable[str]
) -> Answer:
    causes_found = united(found)
    why = tuple(reasons)
    targets = everything(graph) if why else reach(graph, causes_found)
    needed = needed_images(graph, [each.target for each in targets])
    return Answer(
        since=since,
        base=base,
        changes=tuple(cause.change for cause in causes_found),
        everything=why,
        targets=targets,
        edges=tuple((image, spec) for spec in needed for image in needed[spec]),
        unaffected=unaffected(graph, targets),
    )


def _changed(git: Git, difference: Difference, inputs: Inputs) -> tuple[Changed, ...]:
    """The files that differ, with the texts of those that mean more than their bytes."""
    read = [file.path for file in difference.files if inputs.has_meaning(file.path)]
    before = git.contents(difference.base, read)
    return tuple(
        Changed(
            file,
            Versions(
                file.path,
                _text(before.get(file.path)),
                _text(_on_disk(git.root / file.path) if file.path in read else None),
            ),
        )
        for file in difference.files
    )


def _on_disk(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode(errors="replace")


async def _causes(
    git: Git, difference: Difference, changed: tuple[Changed, ...], repository: Repository
) -> tuple[list[Cause], list[str]]:
    """All causes, and the reasons why everything is affected if there are any."""
    found: list[Cause] = []
    reasons: list[str] = []
    for each in changed:
        try:
            found += causes(each, repository)
        except NotKnown as error:
            reasons.append(str(error))
    built = await _build_changes(git, difference, changed, repository.inputs)
    if built.unknown:
        reasons.append(built.unknown)
    found += await _source_causes(git, difference, changed, built, repository)
    found += _unreadable(repository) if changed else ()
    found = [cause for cause in found if cause.targets or cause.layers]
    told = {cause.change.path for cause in found}
    silent = [Cause(each.change, frozenset()) for each in changed if each.path not in told]
    return found + silent, reasons


async def _build_changes(
    git: Git, difference: Difference, changed: Iterable[Changed], inputs: Inputs
) -> BuildChanges:
    """What differs in BUILD files, or may because what all of them are read with differs."""
    before = {
        each.path: each.versions.before for each in changed if inputs.is_build_file(each.path)
    }
    preludes = tuple(each.path for each in changed if inputs.is_prelude(each.path))
    if not before and not preludes:
        return BuildChanges()
    texts = _preludes_before(git, difference, inputs) if preludes else {}
    request = BuildFilesRequest(FrozenDict(before), preludes, FrozenDict(texts))
    return await Get(BuildChanges, BuildFilesRequest, request)


def _preludes_before(git: Git, difference: Difference, inputs: Inputs) -> Mapping[str, str]:
    """All preludes of the base commit, those included that are as they were."""
    listed = git.fields("ls-tree", "-r", "--name-only", difference.base)
    contents = git.contents(difference.base, filter(inputs.is_prelude, listed))
    return {path: content.decode(errors="replace") for path, content in contents.items()}


async def _source_causes(
    git: Git,
    difference: Difference,
    changed: tuple[Changed, ...],
    built: BuildChanges,
    repository: Repository,
) -> list[Cause]:
    """What files cause as sources, by their own changes and by those of who owns them."""
    links = symlink_targets(str(git.root), difference.symlinks)
    known_as = [(each, path) for each in changed for path in (each.path, *linked(each.path, links))]
    modules = await _modules(known_as, changed, built, repository)
    found = [
        cause for each, path in known_as for cause in source_causes(each, path, repository, modules)
    ]
    for target in built.changes:
        found.append(_target_cause(target, modules, repository))
    for each in changed:
        if repository.inputs.is_requirements(each.path):
            found.append(_removed_requirements(each, modules, repository))
    return found


async def _modules(
    known_as: Iterable[tuple[Changed, str]],
    changed: Iterable[Changed],
    built: BuildChanges,
    repository: Repository,
) -> Modules:
    """Who imports what, where that is asked for: it takes a look at every Python file."""
    files = [path for each, path in known_as if needs_imports(each, path, repository.graph)]
    files += [file for each in built.changes for file in (*each.left, *each.joined)]
    python = sorted({file for file in files if file.endswith(PYTHON)})
    requirements = any(repository.inputs.is_requirements(each.path) for each in changed)
    edited = await _importing_otherwise(changed, repository)
    if not python and not requirements and not any(each.modules for each in built.changes):
        return Modules({}, {}, edited)
    imports = await Get(AllImports)
    roots = await MultiGet(
        Get(OptionalSourceRoot, SourceRootRequest, SourceRootRequest.for_file(file))
        for file in python
    )
    names = {
        file: _module(file, found.source_root.path)
        for file, found in zip(python, roots)
        if found.source_root
    }
    return Modules(names, imports.by_target, edited)


async def _importing_otherwise(
    changed: Iterable[Changed], repository: Repository
) -> frozenset[str]:
    """The Python files that are there as before, and import something else."""
    texts = {
        each.path: (each.versions.before.encode(), each.versions.after.encode())
        for each in changed
        if repository.inputs.is_python(each.path)
        and each.versions.before is not None
        and each.versions.after is not None
    }
    places = await importing_otherwise(texts.values()) if texts else frozenset()
    return frozenset(path for place, path in enumerate(texts) if place in places)


def _module(file: str, root: str) -> str:
    """`src/ingestion/names.py` below `src` is `ingestion.names`, `__init__.py` is its folder."""
    path = PurePath(file).relative_to(root if root != "." else "").with_suffix("")
    parts = path.parts[:-1] if path.name == "__init__" else path.parts
    return ".".join(parts)


def _target_cause(target: TargetChange, modules: Modules, repository: Repository) -> Cause:
    """What a changed declaration reaches: its targets, and who knew by name what left them."""
    graph = repository.graph
    lost = (leavers(graph, file, modules, was_empty=False) for file in target.left)
    joined = (modules.importers(modules.name(file)) for file in target.joined)
    provided = (modules.importers(module) for module in target.modules)
    return meaning_cause(
        Change(target.path, target.what),
        frozenset(target.targets).union(*lost, *joined, *provided),
        repository.layers,
    )


def _removed_requirements(changed: Changed, modules: Modules, repository: Repository) -> Cause:
    """Who imports what a requirements file no longer names; those that need it fail to build."""
    try:
        removed = requirements_changes(changed.versions, repository.layers).removed
    except NotKnown:
        return Cause(changed.change, frozenset())
    importers = (modules.importers(module) for name in removed for module in modules_of(name))
    return meaning_cause(changed.change, frozenset().union(*importers), repository.layers)


def _unreadable(repository: Repository) -> list[Cause]:
    """Targets whose dependencies cannot be told count as needing whatever changed."""
    return [
        meaning_cause(
            Change("", f"what {spec} depends on cannot be told: {why}"),
            frozenset({spec}),
            repository.layers,
        )
        for spec, why in sorted(repository.graph.unreadable.items())
    ]
