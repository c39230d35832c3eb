"""Which requirements are declared, and what of the repository uses them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    PythonRequirementResolveField,
    PythonRequirementsField,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    Target,
    Targets,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.guardrails.repository import LockFile, NamedRequirement, Requirement, UnownedImport
from plinth.guardrails.util_rules.locks import Locks, LocksRequest
from plinth.layers.target_types import (
    PythonLayerDependenciesField,
    PythonLayerHandlerField,
    PythonLayerLessField,
)
from plinth.layers.util_rules.content import Carried
from plinth.layers.util_rules.unowned import UnownedImportsError
from plinth.lockfile.check import read_roots
from plinth.lockfile.distribution import normalise
from plinth.lockfile.errors import LockError


@dataclass(frozen=True)
class RequirementsRequest:
    """Everything about requirements."""


@dataclass(frozen=True)
class Requirements:
    """What is declared, what layers name, and what is imported and not declared."""

    declared: tuple[Requirement, ...]
    named: tuple[NamedRequirement, ...]
    imports: tuple[UnownedImport, ...]


@dataclass(frozen=True)
class NeedsRequest:
    """What does the target depend on?"""

    target: Target


@dataclass(frozen=True)
class Needs:
    """What a target depends on, or the imports for which that cannot be told."""

    addresses: tuple[Address, ...]
    imports: tuple[UnownedImport, ...] = ()


@dataclass(frozen=True)
class NamedByLayerRequest:
    """The requirements that a `python_layer` names, beside what its code imports."""

    target: Target


@dataclass(frozen=True)
class NamedByLayer:
    """Those requirements, each with the image below that carries it."""

    found: tuple[NamedRequirement, ...]


@rule
async def needs(request: NeedsRequest) -> Needs:
    """The dependencies of one target; imports that nothing provides are an answer, and no error."""
    try:
        found = await Get(Addresses, DependenciesRequest(request.target.get(Dependencies)))
    except UnownedImportsError as error:
        return Needs(
            (), tuple(UnownedImport(e.path, e.line, e.module, fix) for e, fix in error.found)
        )
    return Needs(tuple(found))


@rule(desc="Looking for what uses each requirement", level=LogLevel.DEBUG)
async def read_requirements(
    request: RequirementsRequest, targets: AllTargets, python_setup: PythonSetup
) -> Requirements:
    """All requirements, used where any other target depends on them."""
    declared = [target for target in targets if target.has_field(PythonRequirementsField)]
    others = [target for target in targets if not target.has_field(PythonRequirementsField)]
    found = await MultiGet(
        Get(Needs, NeedsRequest(target)) for target in others if target.has_field(Dependencies)
    )
    locks = await Get(Locks, LocksRequest())
    by_lock = {lock.path: lock for lock in locks.found}
    used = {address for each in found for address in each.addresses}
    layers = [target for target in others if target.has_field(PythonLayerHandlerField)]
    named = await MultiGet(Get(NamedByLayer, NamedByLayerRequest(target)) for target in layers)
    return Requirements(
        tuple(
            each
            for target in declared
            for each in _declared(target, target.address in used, by_lock, python_setup)
        ),
        tuple(each for layer in named for each in layer.found),
        tuple(each for needed in found for each in needed.imports),
    )


def _declared(
    target: Target, used: bool, locks: dict[str, LockFile], python_setup: PythonSetup
) -> Iterable[Requirement]:
    resolve = target[PythonRequirementResolveField].normalized_value(python_setup)
    lock = locks.get(python_setup.resolves.get(resolve, ""))
    lines = _lines(lock) if lock else {}
    for requirement in target[PythonRequirementsField].value:
        name = normalise(requirement.project_name)
        if lock and name in lines:
            yield Requirement(lock.requirements_path, lines[name], name, used)
        else:
            build = posixpath.join(target.address.spec_path, "BUILD")
            yield Requirement(build, 0, name, used)


def _lines(lock: LockFile) -> dict[str, int]:
    """Where each requirement stands."""
    try:
        roots = read_roots(lock.requirements or "", lock.requirements_path)
    except LockError:
        return {}
    return {normalise(requirement.name): line for line, requirement in reversed(roots)}


@rule
async def named_by_layer(request: NamedByLayerRequest) -> NamedByLayer:
    """What a layer names, compared with what its base carries."""
    target = request.target
    given = await Get(
        ExplicitlyProvidedDependencies, DependenciesRequest(target[PythonLayerDependenciesField])
    )
    named = await Get(Targets, Addresses(given.includes))
    names = {
        normalise(requirement.project_name)
        for each in named
        if each.has_field(PythonRequirementsField)
        for requirement in each[PythonRequirementsField].value
    }
    below = target[PythonLayerLessField]
    if not names or not below.value:
        return NamedByLayer(())
    try:
        carried = await Get(Carried, PythonLayerLessField, below)
    except UnownedImportsError:
        # A finding of its own.
        return NamedByLayer(())
    there = {distribution.name for distribution in carried.closure.distributions}
    build = posixpath.join(target.address.spec_path, "BUILD")
    return NamedByLayer(
        tuple(
            NamedRequirement(
                build, target.address.spec, name, ", ".join(below.value) if name in there else ""
            )
            for name in sorted(names)
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
