"""`./pants package`: an assembled image becomes an OCI layout; any other is built by Docker.

An image that Docker must build may stand on an assembled one: that one is first brought to the
registry on loopback, where Docker finds it by digest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.package_types import BuiltDockerImage
from pants.backend.docker.target_types import DockerImageSourceField
from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    Targets,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.target_types import ImagePackageFieldSet
from plinth.images.util_rules.image import AssembledImage, ImageAssembly, ImageRequest
from plinth.images.util_rules.transfer import PUSH, TransferRequest
from plinth.oci.publish.engine import registry_host

logger = logging.getLogger(__name__)


def _artifact(image: AssembledImage, registry: str) -> BuiltDockerImage:
    """The image as Pants' stock rules know one; its tag is where Docker finds it once pushed."""
    own = sum(layer.size for layer in image.own)
    lines = [
        f"  {image.name}@{image.digest}",
        f"  {len(image.own)} layers of its own, {_size(own)}",
    ]
    if image.base:
        lines[-1] += f", on {image.base.name}@{image.base.digest}"
    lines += [f"  UNLOCKED: {package}" for package in image.unlocked]
    return BuiltDockerImage(
        relpath=image.path,
        image_id=image.digest,
        tags=(f"{registry}/plinth/{image.name}@{image.digest}",),
        extra_log_lines=tuple(lines),
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


async def _built_by_docker(field_set: ImagePackageFieldSet) -> BuiltPackage:
    wrapped = await Get(
        WrappedTarget,
        WrappedTargetRequest(field_set.address, description_of_origin="<infallible>"),
    )
    await _bring_bases(wrapped.target[Dependencies])
    stock = DockerPackageFieldSet.create(wrapped.target)
    return await Get(BuiltPackage, DockerPackageFieldSet, stock)


async def _bring_bases(dependencies: Dependencies) -> None:
    """Push the assembled images that the build may stand on to the registry on loopback."""
    targets = await Get(Targets, DependenciesRequest(dependencies))
    assemblies = await MultiGet(
        Get(ImageAssembly, ImageRequest(target.address))
        for target in targets
        if target.has_field(DockerImageSourceField)
    )
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(["PLINTH_REGISTRY"]))
    host = registry_host(environment)
    processes = await MultiGet(
        Get(
            Process,
            TransferRequest(
                PUSH, found.image, ("--repository", f"{host}/plinth/{found.image.name}")
            ),
        )
        for found in assemblies
        if found.image
    )
    await MultiGet(Get(ProcessResult, Process, process) for process in processes)


@rule
async def package_image(field_set: ImagePackageFieldSet, as_read: CodeAsRead) -> BuiltPackage:
    """The image as an OCI layout, or by Docker where its Dockerfile runs commands."""
    assembly = await Get(ImageAssembly, ImageRequest(field_set.address))
    if assembly.image is not None:
        environment = await Get(EnvironmentVars, EnvironmentVarsRequest(["PLINTH_REGISTRY"]))
        return BuiltPackage(
            assembly.image.layout, (_artifact(assembly.image, registry_host(environment)),)
        )
    logger.info(
        f"{field_set.address} is left to Docker, so its digest differs from build to build:\n"
        + "\n".join(f"  {reason}" for reason in assembly.reasons)
    )
    return await _built_by_docker(field_set)


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *collect_rules(),
        *code_rules(),
        UnionRule(PackageFieldSet, ImagePackageFieldSet),
    ]
