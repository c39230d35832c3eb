"""What each target gives to a process that has it in its closure."""

from __future__ import annotations

import hashlib
import json
import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pants.backend.docker.target_types import DockerImageSourceField
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    InterpreterConstraintsField,
    PythonRequirementModulesField,
    PythonRequirementResolveField,
    PythonRequirementsField,
    PythonRequirementTypeStubModulesField,
    PythonResolveField,
    PythonSourceField,
)
from pants.base.build_environment import get_buildroot
from pants.core.target_types import FileSourceField, ResourceSourceField
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import Digest, DigestContents, DigestEntries, FileEntry, PathGlobs
from pants.engine.rules import Get, MultiGet
from pants.engine.target import (
    Dependencies,
    DescriptionField,
    Field,
    OptionalSingleSourceField,
    SourcesField,
    SpecialCasedDependencies,
    Tags,
    Target,
    TargetGenerator,
)
from pants.engine.unions import UnionMembership

from plinth.affected.errors import NotKnown
from plinth.affected.locks import asked_for, identity, read_python_lock
from plinth.fingerprint.document import UNKNOWN
from plinth.fingerprint.made import MadeFile, mode
from plinth.fingerprint.part import Part
from plinth.images.util_rules.context_parts import MadeFileRequest
from plinth.lockfile.compare import Requires

_GIVEN = (PythonSourceField, ResourceSourceField, FileSourceField)
"""The sources that pytest's process gets of its closure."""

# Fields that other parts and the edges stand for, or that reach no process. All others are parts.
_NO_PARTS = (
    Dependencies,
    DescriptionField,
    InterpreterConstraintsField,
    PythonRequirementModulesField,
    PythonRequirementResolveField,
    PythonRequirementTypeStubModulesField,
    PythonRequirementsField,
    PythonResolveField,
    SpecialCasedDependencies,
    Tags,
)
# Those that begin with `skip_` are for linters, but for this.
_SKIP_TESTS = "skip_tests"
# Lists that stand for sets.
_SETS = frozenset({"extra_env_vars"})
_GLOB = re.compile(r"[*?\[\]{}!\\]")
_INIT = ("__init__.py", "__init__.pyi")


@dataclass(frozen=True)
class Given:
    """What targets give, by address, and what it was read from.

    `files` is the state of every file that any of them names, `makes` the path of what a target
    makes.
    """

    parts: Mapping[str, tuple[Part, ...]]
    files: Mapping[str, str]
    makes: Mapping[str, str]


async def given(targets: Iterable[Target], python: PythonSetup, members: UnionMembership) -> Given:
    """What the targets give. Whatever cannot be told of one is a part of kind `unknown`."""
    listed = [each for each in targets if not isinstance(each, TargetGenerator)]
    made = [each for each in listed if _is_made(each, members)]
    files = await _files({_file(each) for each in listed} - {""})
    several = await _sources([each for each in listed if _has_several(each)])
    locks = await _locks(listed, python)
    made_parts, makes = await _made(made)
    parts = {}
    for target in listed:
        spec = target.address.spec
        if spec in made_parts:
            parts[spec] = made_parts[spec]
            continue
        if target.has_field(DockerImageSourceField):
            parts[spec] = ()
            continue
        parts[spec] = (
            *_file_parts(_file(target), files),
            *several.get(spec, ()),
            *_python(target, python),
            *_requirements(target, python, locks),
            *_fields(target),
        )
    return Given(parts, files, makes)


def _is_given(target: Target) -> bool:
    return target.has_field(SourcesField) and isinstance(target[SourcesField], _GIVEN)


def _file(target: Target) -> str:
    """The target's one source, as far as it is a plain path in the repository."""
    if not _is_given(target):
        return ""
    source = target[SourcesField]
    if not isinstance(source, OptionalSingleSourceField) or not isinstance(source.value, str):
        return ""
    path = source.file_path or ""
    return "" if _GLOB.search(path) else path


def _has_several(target: Target) -> bool:
    return _is_given(target) and not _file(target) and bool(target[SourcesField].value)


def _is_made(target: Target, members: UnionMembership) -> bool:
    """Whether what a process gets of the target is made first, such as a layer."""
    if not target.has_field(SourcesField) or _is_given(target):
        return False
    return any(target[SourcesField].can_generate(kind, members) for kind in _GIVEN)


def _ancestors(path: str) -> Iterator[str]:
    """The files above a module that Pants puts beside it."""
    if path.endswith((".py", ".pyi")):
        folder = os.path.dirname(path)
        while True:
            yield from (os.path.join(folder, name) for name in _INIT)
            if not folder:
                return
            folder = os.path.dirname(folder)


async def _files(paths: set[str]) -> Mapping[str, str]:
    """The state of each file that is there, as Pants sees it, and of the packages above."""
    wanted = {*paths, *(init for path in paths for init in _ancestors(path))}
    return await states(wanted)


async def states(paths: Iterable[str]) -> Mapping[str, str]:
    """By path: the mode in a sandbox and the hash of the bytes. What is not there is left out."""
    entries = await Get(DigestEntries, PathGlobs(sorted(paths)))
    return {entry.path: state(entry) for entry in entries if isinstance(entry, FileEntry)}


def state(entry: FileEntry) -> str:
    return f"{mode(entry.is_executable)} sha256:{entry.file_digest.fingerprint}"


def _file_parts(path: str, files: Mapping[str, str]) -> Iterator[Part]:
    for each in (path, *_ancestors(path)) if path else ():
        if each in files:
            yield Part("file", "", each, files[each])


async def _sources(targets: list[Target]) -> Mapping[str, tuple[Part, ...]]:
    """Of targets with more than one source, or one that is downloaded or generated."""
    found = await MultiGet(
        Get(
            SourceFiles,
            SourceFilesRequest(
                [target[SourcesField]], for_sources_types=_GIVEN, enable_codegen=True
            ),
        )
        for target in targets
    )
    entries = await MultiGet(Get(DigestEntries, Digest, each.snapshot.digest) for each in found)
    return {
        target.address.spec: tuple(
            Part("file", "", entry.path, state(entry))
            for entry in listed
            if isinstance(entry, FileEntry)
        )
        for target, listed in zip(targets, entries)
    }


async def _made(
    targets: list[Target],
) -> tuple[Mapping[str, tuple[Part, ...]], Mapping[str, str]]:
    found: list[MadeFile | str]
    try:
        found = list(await MultiGet(Get(MadeFile, MadeFileRequest(target)) for target in targets))
    except Exception:
        found = [await _made_or_why(target) for target in targets]
    parts: dict[str, tuple[Part, ...]] = {}
    makes: dict[str, str] = {}
    for target, made in zip(targets, found):
        spec = target.address.spec
        if isinstance(made, str):
            parts[spec] = (Part(UNKNOWN, "", spec, made),)
        else:
            parts[spec], makes[spec] = made.parts, made.path
    return parts, makes


async def _made_or_why(target: Target) -> MadeFile | str:
    try:
        return await Get(MadeFile, MadeFileRequest(target))
    except Exception as error:
        return reason(error)


def reason(error: BaseException) -> str:
    """What went wrong, in one line."""
    cause = getattr(error, "wrapped_exceptions", None)
    text = str(cause[0] if cause else error).strip()
    listed = [line.strip() for line in text.splitlines() if line.strip()]
    return listed[0] if listed else type(error).__name__


def _python(target: Target, python: PythonSetup) -> Iterator[Part]:
    """What decides on the interpreter and the lock: of a closure, only the set of them counts."""
    if target.has_field(InterpreterConstraintsField):
        constraints = target[InterpreterConstraintsField].value_or_global_default(python)
        yield Part("interpreter", "", "", " or ".join(sorted(constraints)))
    if target.has_field(PythonResolveField):
        yield Part("resolve", "", "", target[PythonResolveField].normalized_value(python))


@dataclass(frozen=True)
class Locked:
    """A resolve's lock, as who requires whom; or why it cannot be read."""

    path: str
    requires: Requires | None
    problem: str = ""


async def _locks(targets: Iterable[Target], python: PythonSetup) -> Mapping[str, Locked]:
    names = {
        target[PythonRequirementResolveField].normalized_value(python)
        for target in targets
        if target.has_field(PythonRequirementResolveField)
    }
    return {name: await locked(python.resolves.get(name, "")) for name in sorted(names)}


async def locked(path: str) -> Locked:
    """The lock at a path."""
    contents = await Get(DigestContents, PathGlobs([path] if path else []))
    if not contents:
        return Locked(path, None, f"{path or 'a lock'} is not there")
    text = contents[0].content.decode(errors="replace")
    try:
        return Locked(path, Requires(read_python_lock(text, path)))
    except NotKnown as error:
        return Locked(path, None, str(error))


def _requirements(
    target: Target, python: PythonSetup, locks: Mapping[str, Locked]
) -> Iterator[Part]:
    if not target.has_field(PythonRequirementsField):
        return
    values = [str(value) for value in target[PythonRequirementsField].value]
    names = asked_for(values)
    spec = target.address.spec
    yield from (Part("requirement", "", value, "") for value in values)
    found = locks[target[PythonRequirementResolveField].normalized_value(python)]
    if found.requires is None:
        yield Part(UNKNOWN, "", spec, found.problem)
        return
    missing = sorted(names - set(found.requires.installed))
    if missing:
        yield Part(UNKNOWN, "", spec, f"{found.path} does not hold {', '.join(missing)}")
    for name, identities in sorted(found.requires.closure(names).items()):
        yield Part("distribution", found.path, name, identity(identities))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _fields(target: Target) -> Iterator[Part]:
    """Whatever a BUILD file says of the target that is not its type's default."""
    spec = target.address.spec
    for field in target.field_values.values():
        if _is_part(field) and field.value != field.default:
            yield Part("field", spec, field.alias, _plain(field.alias, field.value))


def _is_part(field: Field) -> bool:
    if isinstance(field, _NO_PARTS):
        return False
    if isinstance(field, SourcesField):
        return not isinstance(field.value, (str, tuple, type(None)))
    return field.alias == _SKIP_TESTS or not field.alias.startswith("skip_")


def _plain(alias: str, value: Any) -> str:
    if alias in _SETS:
        value = sorted(value)
    text = json.dumps(value, sort_keys=True, default=_as_json)
    # BUILD files may ask where the clone is, which is another place on every machine.
    return re.sub(rf'{re.escape(get_buildroot())}[^:"]*', "<the clone>", text)


def _as_json(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return dict(value) if hasattr(value, "keys") else str(value)
