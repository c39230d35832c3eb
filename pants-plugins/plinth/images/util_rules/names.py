"""What an image is called, and where it is to be published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.goals.package_image import DockerPackageFieldSet, ImageRefTag
from pants.backend.docker.registries import DockerRegistryOptions
from pants.backend.docker.subsystems.docker_options import DockerOptions
from pants.backend.docker.target_types import DockerImageTagsField
from pants.backend.docker.util_rules.docker_build_context import (
    DockerBuildContext,
    DockerBuildContextRequest,
)
from pants.engine.addresses import Address
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule

from plinth.oci.format.reference import is_loopback


@dataclass(frozen=True)
class ImageNamesRequest:
    """The names of the `docker_image` target at `address`."""

    address: Address


@dataclass(frozen=True)
class ImageNames:
    """What a `docker_image` is called: `repository` alone, and where it is to be published.

    `repositories` are pairs: `registry/repository`, and its tags for people there. `context_root`
    is the folder that its build context is relative to.
    """

    repository: str
    repositories: tuple[tuple[str, tuple[str, ...]], ...]
    context_root: str


def _tags(
    registry: DockerRegistryOptions, tags: Iterable[ImageRefTag], field: DockerImageTagsField
) -> tuple[str, ...]:
    """The tags for people at the registry: there is no default tag, but on loopback.

    Tags of a shared registry stay where they are, so Pants' default `latest` would be the first
    image for ever.
    """
    names = tuple(tag.formatted for tag in tags if not tag.uses_local_alias)
    is_default = field.value == field.default
    # The target's own come first, then those that the registry adds.
    own = len(field.value or ())
    is_shared = not is_loopback(registry.address.partition("/")[0])
    return names[own:] if is_default and is_shared else names


@rule
async def name_image(request: ImageNamesRequest, options: DockerOptions) -> ImageNames:
    """Repositories and tags of an image, as Pants' options for Docker give them."""
    wrapped, context = await MultiGet(
        Get(
            WrappedTarget,
            WrappedTargetRequest(request.address, description_of_origin="<infallible>"),
        ),
        Get(DockerBuildContext, DockerBuildContextRequest(request.address)),
    )
    field_set = DockerPackageFieldSet.create(wrapped.target)
    values = context.interpolation_context
    registries = field_set.image_refs(options.default_repository, options.registries(), values)
    return ImageNames(
        repository=field_set.format_repository(options.default_repository, values),
        repositories=tuple(
            (
                f"{found.registry.address}/{found.repository}",
                _tags(found.registry, found.tags, field_set.tags),
            )
            for found in registries
            if found.registry and not found.registry.skip_push
        ),
        context_root=field_set.get_context_root(options.default_context_root),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
