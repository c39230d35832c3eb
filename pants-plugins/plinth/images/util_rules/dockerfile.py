"""Tells Pants about a Dockerfile, in place of its stock rule.

The stock rule installs a parser and runs a process for each Dockerfile; this reads it in place, so
that an image's base is known without a process and without network.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.docker.subsystems.dockerfile_parser import (
    DockerfileInfo,
    DockerfileInfoError,
    DockerfileInfoRequest,
)
from pants.backend.docker.target_types import DockerImageSourceField
from pants.backend.docker.util_rules.docker_build_args import DockerBuildArgs
from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import (
    HydratedSources,
    HydrateSourcesRequest,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from plinth.images.dockerfile_info import facts
from plinth.oci.dockerfile.parse import parse_dockerfile


@rule
async def read_dockerfile(request: DockerfileInfoRequest) -> DockerfileInfo:
    """What a Dockerfile says of its dependencies, in the form that Pants' own rule has for it."""
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(request.address, description_of_origin="<infallible>")
    )
    sources = await Get(
        HydratedSources,
        HydrateSourcesRequest(
            wrapped.target[DockerImageSourceField],
            for_sources_types=(DockerImageSourceField,),
            enable_codegen=True,
        ),
    )
    (file,) = await Get(DigestContents, Digest, sources.snapshot.digest)
    found = facts(parse_dockerfile(file.content, file.path))
    try:
        return DockerfileInfo(
            address=request.address,
            digest=sources.snapshot.digest,
            source=file.path,
            build_args=DockerBuildArgs.from_strings(*found.build_args, duplicates_must_match=True),
            copy_source_paths=found.copy_source_paths,
            from_image_build_args=DockerBuildArgs.from_strings(
                *found.from_image_build_args, duplicates_must_match=True
            ),
            version_tags=found.version_tags,
        )
    except ValueError as error:
        raise DockerfileInfoError(f"{file.path} of {request.address}: {error}") from error


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
