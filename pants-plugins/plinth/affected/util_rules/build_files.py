"""What changed in BUILD files, target by target.

Both versions are read by Pants' own parser and made into targets by Pants' own rules, on the files
as they are now: so a comment, another order or a default that is written out is no change, and
macros, defaults, overrides and parametrizations need no special care.
"""

from __future__ import annotations

import builtins
import os.path
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from pants.backend.python.target_types import (
    PythonRequirementModulesField,
    PythonRequirementsField,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.env_vars import CompleteEnvironmentVars, EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import DigestContents, FileContent, PathGlobs, Paths
from pants.engine.internals.build_files import (
    AddressFamilyDir,
    BUILDFileEnvVarExtractor,
    BuildFileOptions,
    OptionalAddressFamily,
)
from pants.engine.internals.defaults import BuildFileDefaults, BuildFileDefaultsParserState
from pants.engine.internals.graph import (
    _parametrized_target_generators_with_templates,
    _target_generator_overrides,
    _target_parametrizations,
)
from pants.engine.internals.parametrize import Parametrize
from pants.engine.internals.parser import BuildFilePreludeSymbols, Parser
from pants.engine.internals.session import SessionValues
from pants.engine.internals.target_adaptor import TargetAdaptor
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    Field,
    GeneratedTargets,
    GenerateTargetsRequest,
    MultipleSourcesField,
    OptionalSingleSourceField,
    RegisteredTargetTypes,
    SpecialCasedDependencies,
    Target,
    TargetGenerator,
    TargetTypesToGenerateTargetsRequests,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.option.global_options import UnmatchedBuildFileGlobs
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.affected.errors import NotKnown
from plinth.affected.util_rules.imports import modules_of

# Fields that say nothing to what is built or run.
_WITHOUT_REACH = frozenset({"description", "name", "tags"})
# Those that begin with `skip_` are for linters, but for these.
_SKIPPED = frozenset({"skip_push", "skip_tests"})
# Lists that stand for sets.
_SETS = frozenset({"compile", "content", "exclude_paths", "extra_env_vars", "packages"})


@dataclass(frozen=True)
class BuildFilesRequest:
    """The texts that BUILD files had before, of those that differ; None where there was none.

    `edited_preludes` are the prelude files that differ, `preludes` the texts that all had before.
    """

    before: FrozenDict[str, str | None]
    edited_preludes: tuple[str, ...] = ()
    preludes: FrozenDict[str, str] = FrozenDict()

    def edited(self, path: str) -> str:
        """The edited file that makes targets of the BUILD file at `path` differ.

        That is itself, or the next one above that may give it defaults, or a prelude.
        """
        above = [
            each
            for each in self.before
            if f"{os.path.dirname(path)}/".startswith(f"{os.path.dirname(each)}/".lstrip("/"))
        ]
        nearest = path if path in self.before else max(above, key=len, default="")
        return nearest or next(iter(self.edited_preludes), path)


@dataclass(frozen=True)
class TargetChange:
    """What differs in a target that a BUILD file declares.

    `targets` differ in what they are or need. `left` are files that no such target owns any more,
    `joined` those that one owns now, `modules` what a requirement no longer provides.
    """

    path: str
    what: str
    targets: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildChanges:
    """All that differs; or, in `unknown`, why that cannot be told."""

    changes: tuple[TargetChange, ...] = ()
    unknown: str = ""


@dataclass
class _Side:
    """One version of the BUILD files: how their text is read, and what was read so far."""

    prelude: BuildFilePreludeSymbols
    texts: Mapping[str, str | None]
    adaptors: dict[str, dict[str, TargetAdaptor]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, BuildFileDefaults] = field(default_factory=dict)


@dataclass(frozen=True)
class _Engine:
    """What Pants needs to read BUILD files and to make targets of them."""

    parser: Parser
    options: BuildFileOptions
    types: RegisteredTargetTypes
    unions: UnionMembership
    session: SessionValues
    generation: TargetTypesToGenerateTargetsRequests
    unmatched: UnmatchedBuildFileGlobs


def _base_prelude(texts: Mapping[str, str], parser: Parser) -> BuildFilePreludeSymbols:
    """What prelude files define, read as Pants does (`evaluate_preludes`), from their texts."""
    symbols: dict[str, Any] = {
        **{name: getattr(builtins, name) for name in dir(builtins) if name.endswith("Error")},
        **{name: getattr(typing, name) for name in typing.__all__},
        **parser.symbols,
    }
    defined: dict[str, Any] = {}
    variables: set[str] = set()
    for path, text in sorted(texts.items()):
        try:
            exec(compile(text, path, "exec", dont_inherit=True), symbols, defined)
        except Exception as error:
            raise NotKnown(f"{path} cannot be read at the base commit: {error}") from None
        variables.update(BUILDFileEnvVarExtractor.get_env_vars(FileContent(path, text.encode())))
    defined.pop("__builtins__", None)
    symbols.update(defined)
    return BuildFilePreludeSymbols.create(defined, variables)


async def _folders_below(folder: str, engine: _Engine) -> set[str]:
    """The folders with a BUILD file, from `folder` down."""
    globs = [os.path.join(folder, "**", pattern) for pattern in engine.options.patterns]
    found = await Get(
        Paths, PathGlobs([*globs, *(f"!{ignored}" for ignored in engine.options.ignores)])
    )
    return {os.path.dirname(path) for path in found.files}


async def _inherited(folder: str, side: _Side) -> BuildFileDefaults:
    """The defaults that the nearest folder above gives."""
    for parent in map(str, PurePath(folder).parents if folder else ()):
        above = "" if parent == "." else parent
        if above in side.defaults:
            return side.defaults[above]
        found = await Get(OptionalAddressFamily, AddressFamilyDir(above))
        if found.address_family is not None:
            return found.address_family.defaults
    return BuildFileDefaults({})


async def _read_folder(folder: str, side: _Side, engine: _Engine) -> None:
    """Parse the folder's BUILD files as `side` has them."""
    globs = [os.path.join(folder, pattern) for pattern in engine.options.patterns]
    now = await Get(
        DigestContents, PathGlobs([*globs, *(f"!{each}" for each in engine.options.ignores)])
    )
    texts: dict[str, str | None] = {file.path: file.content.decode() for file in now}
    texts.update({p: t for p, t in side.texts.items() if os.path.dirname(p) == folder})
    state = BuildFileDefaultsParserState.create(
        folder, await _inherited(folder, side), engine.types, engine.unions
    )
    side.adaptors[folder] = {}
    for path, text in sorted(texts.items()):
        if text is None:
            continue
        for adaptor in await _parsed(path, text, state, side, engine):
            name = adaptor.name or os.path.basename(folder)
            side.adaptors[folder][name] = adaptor
            side.files[Address(folder, target_name=name).spec] = path
    side.defaults[folder] = state.get_frozen_defaults()


async def _parsed(
    path: str, text: str, state: BuildFileDefaultsParserState, side: _Side, engine: _Engine
) -> list[TargetAdaptor]:
    variables = (
        *BUILDFileEnvVarExtractor.get_env_vars(FileContent(path, text.encode())),
        *side.prelude.referenced_env_vars,
    )
    environment = await Get(
        EnvironmentVars,
        {
            EnvironmentVarsRequest(variables): EnvironmentVarsRequest,
            engine.session[CompleteEnvironmentVars]: CompleteEnvironmentVars,
        },
    )
    return engine.parser.parse(path, text, side.prelude, environment, False, state, None, None)


async def _targets_of(
    folder: str, name: str, adaptor: TargetAdaptor, engine: _Engine
) -> dict[str, Target]:
    """The target that is declared and those that it generates, by address."""
    address = Address(folder, target_name=name)
    target_type = engine.types.aliases_to_types.get(adaptor.type_alias)
    if target_type is None:
        raise NotKnown(f"{address.spec}: the target type `{adaptor.type_alias}` is gone")
    if issubclass(target_type, TargetGenerator):
        request_type = engine.generation.request_for(target_type)
    if not issubclass(target_type, TargetGenerator) or request_type is None:
        found = _target_parametrizations(address, adaptor, target_type, engine.unions)
        return {target.address.spec: target for target in found.all}
    kwargs = dict(adaptor.kwargs)
    generators = _parametrized_target_generators_with_templates(
        address, adaptor, target_type, kwargs, engine.unions
    )
    declared = target_type(kwargs, address, engine.unions)
    overrides = await _target_generator_overrides(declared, engine.unmatched)
    targets: dict[str, Target] = {}
    for generator, template in generators:
        generated = await Get(
            GeneratedTargets,
            GenerateTargetsRequest,
            request_type(
                generator,
                template_address=generator.address,
                template=template,
                overrides={
                    key: dict(Parametrize.expand(generator.address, override))
                    for key, override in overrides.items()
                },
            ),
        )
        targets[generator.address.spec] = generator
        targets.update({target.address.spec: target for target in generated.values()})
    return targets


async def _made(folder: str, name: str, side: _Side, engine: _Engine) -> dict[str, Target]:
    adaptor = side.adaptors[folder].get(name)
    if adaptor is None:
        return {}
    try:
        return await _targets_of(folder, name, adaptor, engine)
    except Exception as error:
        # Of what is declared now Pants itself has made targets. What was declared before may name
        # files that are gone: then it would generate nothing here.
        if "Unmatched glob" in str(error):
            return {}
        raise NotKnown(f"{Address(folder, target_name=name).spec}: {error}") from None


def _comparable(field_type: type[Field], value: Any) -> Any:
    unordered = issubclass(
        field_type, (Dependencies, SpecialCasedDependencies, MultipleSourcesField)
    )
    if (unordered or field_type.alias in _SETS) and value is not None:
        return frozenset(value)
    return value


def _changed_fields(before: Target, after: Target) -> tuple[str, ...]:
    """The fields whose values differ and could matter to what is built or run."""
    if type(before) is not type(after):
        return ("type",)
    old, new = (
        {kind.alias: _comparable(kind, each.get(kind).value) for kind in each.field_types}
        for each in (before, after)
    )
    return tuple(
        alias
        for alias in sorted({*old, *new})
        if old.get(alias) != new.get(alias)
        and alias not in _WITHOUT_REACH
        and not (alias.startswith("skip_") and alias not in _SKIPPED)
    )


async def _same_dependencies(before: Target, after: Target) -> bool:
    """Whether targets need the same though they say so differently: what is inferred anyway."""
    try:
        old, new = await MultiGet(
            Get(Addresses, DependenciesRequest(target.get(Dependencies)))
            for target in (before, after)
        )
    except Exception:
        return False
    return set(old) == set(new)


def _file(target: Target) -> str:
    for kind in target.field_types:
        if issubclass(kind, OptionalSingleSourceField):
            return target[kind].file_path or ""
    return ""


def _modules(target: Target) -> tuple[str, ...]:
    return tuple(target.get(PythonRequirementModulesField).value or ())


async def _compare(
    path: str, before: Mapping[str, Target], after: Mapping[str, Target]
) -> list[TargetChange]:
    """What differs in one declared target and all that it generates."""
    changes = []
    for spec in sorted({*before, *after}):
        old, new = before.get(spec), after.get(spec)
        if old is None and new is not None:
            changes.append(TargetChange(path, f"{spec} new", (spec,), joined=_files(new)))
        elif old is not None and new is None:
            changes.append(
                TargetChange(path, f"{spec} removed", left=_files(old), modules=_provided(old))
            )
        elif old is not None and new is not None and not isinstance(new, TargetGenerator):
            fields = _changed_fields(old, new)
            if fields == ("dependencies",) and await _same_dependencies(old, new):
                continue
            if fields:
                changes.append(
                    TargetChange(
                        path,
                        f"{spec}: {', '.join(fields)}",
                        (spec,),
                        modules=_modules(old) if "modules" in fields else (),
                    )
                )
    return changes


def _files(target: Target) -> tuple[str, ...]:
    return tuple(filter(None, [_file(target)]))


def _provided(target: Target) -> tuple[str, ...]:
    """What can no longer be imported, where a requirement's target is gone."""
    if not target.has_field(PythonRequirementsField):
        return ()
    return _modules(target) or tuple(
        module
        for requirement in target[PythonRequirementsField].value
        for module in modules_of(requirement.project_name)
    )


def _gathered(changes: list[TargetChange], declared: str) -> Iterator[TargetChange]:
    """The changes; those that a generator makes many of the same of, as one."""
    by_what: dict[str, list[TargetChange]] = {}
    for change in changes:
        by_what.setdefault(change.what.rpartition(": ")[2] if change.targets else "", []).append(
            change
        )
    for what, alike in by_what.items():
        if len(alike) < 2 or not what or what.endswith(" new"):
            yield from alike
        else:
            yield TargetChange(
                alike[0].path,
                f"{declared}: {what}",
                tuple(sorted(spec for each in alike for spec in each.targets)),
                modules=tuple(sorted(m for each in alike for m in each.modules)),
            )


async def _folder_changes(
    folder: str, old: _Side, new: _Side, engine: _Engine
) -> list[TargetChange]:
    changes: list[TargetChange] = []
    for name in sorted({*old.adaptors[folder], *new.adaptors[folder]}):
        declared = Address(folder, target_name=name).spec
        path = new.files.get(declared) or old.files[declared]
        before, after = (
            await _made(folder, name, old, engine),
            await _made(folder, name, new, engine),
        )
        found = list(_gathered(await _compare(path, before, after), declared))
        if set(before) != set(after) and declared in after:
            found.append(TargetChange(path, f"{declared}: sources", (declared,)))
        changes += found
    return changes


@rule(desc="Comparing BUILD files", level=LogLevel.DEBUG)
async def compare_build_files(
    request: BuildFilesRequest,
    parser: Parser,
    prelude: BuildFilePreludeSymbols,
    options: BuildFileOptions,
    types: RegisteredTargetTypes,
    unions: UnionMembership,
    session: SessionValues,
    generation: TargetTypesToGenerateTargetsRequests,
    unmatched: UnmatchedBuildFileGlobs,
) -> BuildChanges:
    engine = _Engine(parser, options, types, unions, session, generation, unmatched)
    try:
        before = _base_prelude(request.preludes, parser) if request.edited_preludes else prelude
        old, new = _Side(before, request.before), _Side(prelude, {})
        waiting = {os.path.dirname(path) for path in request.before}
        if request.edited_preludes:
            waiting |= await _folders_below("", engine)
        changes: list[TargetChange] = []
        while waiting:
            folder = min(waiting, key=lambda each: (each.count("/") + bool(each), each))
            waiting.discard(folder)
            for side in (old, new):
                await _read_folder(folder, side, engine)
            if old.defaults[folder] != new.defaults[folder]:
                waiting |= await _folders_below(folder, engine) - set(old.defaults)
            changes += await _folder_changes(folder, old, new, engine)
        changes = [replace(each, path=request.edited(each.path)) for each in changes]
    except Exception as error:
        where = ", ".join(sorted((*request.before, *request.edited_preludes)))
        return BuildChanges(unknown=f"{where} cannot be compared with the base commit: {error}")
    return BuildChanges(tuple(changes))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
