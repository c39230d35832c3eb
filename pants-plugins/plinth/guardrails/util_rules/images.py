"""The Dockerfiles of a repository: those of targets, and those that lie about."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.subsystems.dockerfile_parser import (
    DockerfileInfo,
    DockerfileInfoError,
    DockerfileInfoRequest,
)
from pants.backend.docker.target_types import (
    DockerImageInstructionsField,
    DockerImageSourceField,
    DockerImageTargetStageField,
)
from pants.backend.docker.util_rules.docker_build_args import (
    DockerBuildArgs,
    DockerBuildArgsRequest,
)
from pants.engine.fs import Digest, DigestContents, PathGlobs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Dependencies,
    DependenciesRequest,
    HydratedSources,
    HydrateSourcesRequest,
    Target,
    Targets,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.guardrails.globs import matches_any
from plinth.guardrails.repository import Image
from plinth.guardrails.subsystem import Guardrails
from plinth.images.util_rules.plan import ImagePlan, ImagePlanRequest
from plinth.layers.target_types import PythonLayerHandlerField
from plinth.oci.errors import OciError

_NAMES = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile")


@dataclass(frozen=True)
class ImagesRequest:
    """All Dockerfiles."""


@dataclass(frozen=True)
class Images:
    """The Dockerfiles of targets, then those that no target has."""

    found: tuple[Image, ...]


@dataclass(frozen=True)
class TargetImageRequest:
    """The Dockerfile of a `docker_image` target."""

    target: Target


@dataclass(frozen=True)
class TargetImage:
    """`source` is the path of its Dockerfile, also where Pants writes that."""

    image: Image
    source: str


@rule(desc="Reading the Dockerfiles", level=LogLevel.DEBUG)
async def read_images(request: ImagesRequest, targets: AllTargets) -> Images:
    """All Dockerfiles, those without a target by their names."""
    built = await MultiGet(
        Get(TargetImage, TargetImageRequest(target))
        for target in targets
        if target.has_field(DockerImageSourceField)
    )
    contents = await Get(
        DigestContents,
        PathGlobs([f"**/{name}" for name in _NAMES] + ["!**/*.dockerignore"]),
    )
    owned = {each.source for each in built}
    loose = (Image(file.path, file.content) for file in contents if file.path not in owned)
    return Images((*(each.image for each in built), *loose))


async def _targets_in(target: Target) -> tuple[tuple[str, ...], str]:
    """The names in its Dockerfile that are targets, and the address of the one it stands on.

    Neither is known of a Dockerfile that cannot be planned, which a guard then finds.
    """
    try:
        info = await Get(DockerfileInfo, DockerfileInfoRequest(target.address))
        names = tuple(filter(None, info.from_image_build_args.to_dict().values()))
    except (OciError, DockerfileInfoError):
        return (), ""
    try:
        planned = await Get(ImagePlan, ImagePlanRequest(target.address))
    except OciError:
        return names, ""
    return names, planned.base.spec if planned.base else ""


@rule
async def read_image(request: TargetImageRequest, options: Guardrails) -> TargetImage:
    """One target's Dockerfile, whatever is wrong with it."""
    target = request.target
    sources, args, needed = await MultiGet(
        Get(
            HydratedSources,
            HydrateSourcesRequest(
                target[DockerImageSourceField],
                for_sources_types=(DockerImageSourceField,),
                enable_codegen=True,
            ),
        ),
        Get(DockerBuildArgs, DockerBuildArgsRequest(target)),
        Get(Targets, DependenciesRequest(target.get(Dependencies))),
    )
    (file,) = await Get(DigestContents, Digest, sources.snapshot.digest)
    names, base = await _targets_in(target)
    has_handler = any(
        each.has_field(PythonLayerHandlerField) and each[PythonLayerHandlerField].value
        for each in needed
    )
    in_build_file = bool(target[DockerImageInstructionsField].value)
    folder = target.address.spec_path
    image = Image(
        path=posixpath.join(folder, "BUILD") if in_build_file else file.path,
        content=file.content,
        address=target.address.spec,
        in_build_file=in_build_file,
        build_args=args.to_dict(),
        stage=target[DockerImageTargetStageField].value,
        targets=names,
        base=base,
        is_lambda=has_handler or matches_any(posixpath.join(folder, "BUILD"), options.lambdas),
    )
    return TargetImage(image, file.path)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
