"""Finds the targets that a Dockerfile names, in place of Pants' stock rule.

The stock rule compares each Dockerfile with every target that can be packaged. Here a target is
looked up by what it is packaged as, so that a thousand images take a thousand steps, not a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pants.backend.docker.subsystems.dockerfile_parser import DockerfileInfo, DockerfileInfoRequest
from pants.backend.docker.util_rules.dependencies import DockerInferenceFieldSet
from pants.backend.docker.util_rules.docker_build_args import (
    DockerBuildArgs,
    DockerBuildArgsRequest,
)
from pants.core.goals.package import AllPackageableTargets, OutputPathField
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    InferDependenciesRequest,
    InferredDependencies,
    Targets,
)
from pants.engine.unions import UnionRule


class InferDockerfileDependencies(InferDependenciesRequest[DockerInferenceFieldSet]):
    infer_from = DockerInferenceFieldSet


@dataclass(frozen=True)
class OutputPathsRequest:
    """What targets are packaged as where the kind of package leaves the ending open: `pex`."""

    file_ending: str | None


@dataclass(frozen=True)
class OutputPaths:
    """The targets that can be packaged, by their package's path."""

    targets: Mapping[str, tuple[Address, ...]]


@dataclass(frozen=True)
class PackageableAddresses:
    """The addresses of all targets that `./pants package` takes."""

    addresses: frozenset[Address]


@rule
def packageable_addresses(targets: AllPackageableTargets) -> PackageableAddresses:
    """All targets that can be packaged, found once for all Dockerfiles."""
    return PackageableAddresses(frozenset(target.address for target in targets))


@rule
def output_paths(request: OutputPathsRequest, targets: AllPackageableTargets) -> OutputPaths:
    """The targets behind each path in `dist/`, for one file ending."""
    found: dict[str, list[Address]] = {}
    for target in targets:
        path = target.get(OutputPathField).value_or_default(file_ending=request.file_ending)
        found.setdefault(path, []).append(target.address)
    return OutputPaths({path: tuple(addresses) for path, addresses in found.items()})


@rule
async def infer_dockerfile_dependencies(
    request: InferDockerfileDependencies, packageable: PackageableAddresses
) -> InferredDependencies:
    """The targets whose packages a Dockerfile copies, and those that it stands on."""
    address = request.field_set.address
    info, targets = await MultiGet(
        Get(DockerfileInfo, DockerfileInfoRequest(address)), Get(Targets, Addresses([address]))
    )
    given = await Get(DockerBuildArgs, DockerBuildArgsRequest(targets.expect_single()))
    named = await Get(Addresses, UnparsedAddressInputs, _bases(info, given.to_dict()))
    # As the stock rule: which ending a package has, only its Dockerfile tells.
    endings = sorted({PurePath(path).suffix[1:] for path in info.copy_source_paths})
    listed = await MultiGet(
        Get(OutputPaths, OutputPathsRequest(ending or None)) for ending in endings
    )
    copied = (
        found
        for paths in listed
        for path in info.copy_source_paths
        for found in paths.targets.get(path, ())
    )
    return InferredDependencies(sorted({*packageable.addresses.intersection(named), *copied}))


def _bases(info: DockerfileInfo, given: Mapping[str, str | None]) -> UnparsedAddressInputs:
    """What the `FROM` arguments name, some of which may be targets."""
    arguments = {
        name: given.get(name, default)
        for name, default in info.from_image_build_args.to_dict().items()
    }
    return UnparsedAddressInputs(
        [value for value in arguments.values() if value],
        owning_address=info.address,
        description_of_origin=f"the FROM arguments of {info.source}, of {info.address}",
        skip_invalid_addresses=True,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferDockerfileDependencies),
    )
