"""The repository's graph, asked of Pants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from packaging.requirements import Requirement as ParsedRequirement
from pants.backend.docker.target_types import DockerImageSourceField
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    PythonRequirementResolveField,
    PythonRequirementsField,
    PythonSourceField,
)
from pants.core.goals.test import TestFieldSet
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    OptionalSingleSourceField,
    SourcesField,
    SpecialCasedDependencies,
    Target,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel

from plinth.affected.graph import Graph, Layer, Node, Requirement, Wheel
from plinth.affected.model import Kind
from plinth.affected.reach import leading_to_images
from plinth.debian.target_types import DebianPackagesField
from plinth.layers.content import FIRST_PARTY, THIRD_PARTY
from plinth.layers.target_types import (
    PythonLayerContentField,
    PythonLayerDependenciesField,
    PythonLayerLessField,
    PythonLayerTarget,
    WheelFileLockField,
    WheelFileRequirementField,
    WheelFileTarget,
)
from plinth.lockfile.distribution import normalise
from plinth.lockfile.environment import RUNTIME


@dataclass(frozen=True)
class RepositoryGraph:
    """The graph, compared by identity: it is as large as the repository."""

    graph: Graph

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class Found:
    """What a target depends on directly. `error` says why that may not be all."""

    addresses: tuple[Address, ...]
    error: str = ""


def _request(target: Target) -> DependenciesRequest:
    return DependenciesRequest(target.get(Dependencies), include_special_cased_deps=True)


async def _dependencies(targets: Iterable[Target]) -> tuple[Found, ...]:
    """Each target's dependencies; an error is that target's own, and not everybody's."""
    listed = tuple(targets)
    try:
        found = await MultiGet(
            Get(Addresses, DependenciesRequest, _request(target)) for target in listed
        )
        return tuple(Found(tuple(addresses)) for addresses in found)
    except Exception:
        return tuple([await _dependencies_of(target) for target in listed])


async def _dependencies_of(target: Target) -> Found:
    """A target's dependencies; what its BUILD file says of them where the rest cannot be told."""
    try:
        return Found(tuple(await Get(Addresses, DependenciesRequest, _request(target))))
    except Exception as error:
        return Found(await _declared(target), _reason(error))


async def _declared(target: Target) -> tuple[Address, ...]:
    """The dependencies that are written in a BUILD file and are there."""
    found: set[Address] = set()
    for field in target.field_values.values():
        with suppress(Exception):
            if isinstance(field, SpecialCasedDependencies):
                found.update(
                    await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
                )
            elif isinstance(field, Dependencies):
                explicit = await Get(ExplicitlyProvidedDependencies, DependenciesRequest(field))
                found.update(explicit.includes)
    return tuple(sorted(found))


def _reason(error: Exception) -> str:
    """The error on one line: what it says first, and what it lists."""
    first, *rest = str(error).strip().splitlines()
    listed = [line.strip().lstrip("* ") for line in rest if line.strip().startswith("*")]
    return f"{first.rstrip(':')}: {', '.join(listed)}" if listed else first


async def _layers(targets: Iterable[Target]) -> Mapping[Address, Layer]:
    """What each of these `python_layer` targets takes. All at once: Pants answers in parallel."""
    listed = tuple(targets)
    dependencies = await MultiGet(
        Get(Addresses, DependenciesRequest(target[PythonLayerDependenciesField]))
        for target in listed
    )
    less = await MultiGet(
        Get(
            Addresses,
            UnparsedAddressInputs,
            target[PythonLayerLessField].to_unparsed_address_inputs(),
        )
        for target in listed
    )
    return {
        target.address: Layer(
            dependencies=_specs(needed),
            first_party=FIRST_PARTY in (target[PythonLayerContentField].value or ()),
            third_party=THIRD_PARTY in (target[PythonLayerContentField].value or ()),
            less=_specs(below),
        )
        for target, needed, below in zip(listed, dependencies, less)
    }


@rule(desc="Reading the repository's dependency graph", level=LogLevel.DEBUG)
async def repository_graph(
    targets: AllUnexpandedTargets, unions: UnionMembership, python: PythonSetup
) -> RepositoryGraph:
    found = await _dependencies(targets)
    layers = await _layers(
        target
        for target, dependencies in zip(targets, found)
        if isinstance(target, PythonLayerTarget) and not dependencies.error
    )
    nodes = {}
    unreadable = {}
    for target, dependencies in zip(targets, found):
        node = _node(target, unions, python)
        if dependencies.error:
            unreadable[node.spec] = dependencies.error
        nodes[node.spec] = replace(
            node,
            dependencies=_specs(dependencies.addresses),
            layer=layers.get(target.address),
        )
    return RepositoryGraph(_with_container_tests(Graph(nodes, unreadable)))


def _with_container_tests(graph: Graph) -> Graph:
    """The graph in which the tests that need an image are told apart from the others."""
    need_image = leading_to_images(graph)
    nodes = {
        spec: replace(node, kind=Kind.CONTAINER_TEST)
        if node.kind is Kind.TEST and spec in need_image
        else node
        for spec, node in graph.nodes.items()
    }
    return Graph(nodes, graph.unreadable)


def _node(target: Target, unions: UnionMembership, python: PythonSetup) -> Node:
    source = target.get(SourcesField)
    return Node(
        spec=target.address.spec,
        alias=target.alias,
        folder=target.address.spec_path,
        file=_file(source),
        globs=_globs(source),
        kind=_kind(target, unions),
        python=target.has_field(PythonSourceField),
        requirement=_requirement(target, python),
        wheel=_wheel(target),
        packages=target.get(DebianPackagesField).value,
    )


def _file(source: SourcesField) -> str:
    return (source.file_path or "") if isinstance(source, OptionalSingleSourceField) else ""


def _globs(source: SourcesField) -> tuple[str, ...]:
    if isinstance(source, OptionalSingleSourceField) or not source.value:
        return ()
    filespec = source.filespec
    return (*filespec["includes"], *(f"!{glob}" for glob in filespec.get("excludes", ())))


def _wheel(target: Target) -> Wheel | None:
    if not isinstance(target, WheelFileTarget):
        return None
    project = normalise(target[WheelFileRequirementField].value)
    return Wheel(target[WheelFileLockField].value, project)


def _kind(target: Target, unions: UnionMembership) -> Kind | None:
    if target.has_field(DockerImageSourceField):
        return Kind.IMAGE
    tests = unions.get(TestFieldSet)
    return Kind.TEST if any(each.is_applicable(target) for each in tests) else None


def _requirement(target: Target, python: PythonSetup) -> Requirement | None:
    if not target.has_field(PythonRequirementsField):
        return None
    parsed = [ParsedRequirement(str(value)) for value in target[PythonRequirementsField].value]
    held = [each for each in parsed if RUNTIME.holds(str(each.marker or ""))]
    return Requirement(
        resolve=target[PythonRequirementResolveField].normalized_value(python),
        names=_names(parsed),
        for_runtime=_names(held),
    )


def _names(requirements: Iterable[ParsedRequirement]) -> tuple[str, ...]:
    return tuple(sorted({normalise(each.name) for each in requirements}))


def _specs(addresses: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted(str(address) for address in addresses))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
