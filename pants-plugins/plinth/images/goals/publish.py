"""`./pants publish`: an assembled image goes to its registries, only with what they lack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.goals.publish import (
    PublishDockerImageFieldSet,
    PublishDockerImageRequest,
)
from pants.core.goals.publish import (
    PublishPackages,
    PublishProcesses,
    PublishRequest,
)
from pants.engine.process import InteractiveProcess, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule

from plinth.images.util_rules.image import (
    ImageAssembly,
    ImageNames,
    ImageNamesRequest,
    ImageRequest,
)
from plinth.images.util_rules.transfer import PUSH, TransferRequest


class PublishImageRequest(PublishRequest):  # type: ignore[type-arg]
    """A `docker_image` to publish."""


@dataclass(frozen=True)
class PublishImageFieldSet(PublishDockerImageFieldSet):
    """In place of Pants' stock field set for `docker_image`."""

    publish_request_type = PublishImageRequest  # type: ignore[assignment]


async def _published_by_docker(request: PublishImageRequest) -> PublishProcesses:
    wrapped = await Get(
        WrappedTarget,
        WrappedTargetRequest(request.field_set.address, description_of_origin="<infallible>"),
    )
    field_set = PublishDockerImageFieldSet.create(wrapped.target)
    return await Get(
        PublishProcesses, PublishDockerImageRequest(field_set=field_set, packages=request.packages)
    )


@rule
async def publish_image(request: PublishImageRequest) -> PublishProcesses:
    field_set = request.field_set
    assembly, names = await MultiGet(
        Get(ImageAssembly, ImageRequest(field_set.address)),
        Get(ImageNames, ImageNamesRequest(field_set.address)),
    )
    image = assembly.image
    if image is None:
        return await _published_by_docker(request)
    name = f"{image.name}@{image.digest}"
    if field_set.skip_push.value:
        reason = f"(by `{field_set.skip_push.alias}` on {field_set.address})"
        return PublishProcesses([PublishPackages(names=(name,), description=reason)])
    if not names.references:
        reason = "(no registry: see `[docker.registries]` in pants.toml)"
        return PublishProcesses([PublishPackages(names=(name,), description=reason)])
    processes = await MultiGet(
        Get(
            Process,
            TransferRequest(PUSH, image, ("--repository", repository, "--tag", tag)),
        )
        for repository, tag in names.references
    )
    return PublishProcesses(
        PublishPackages(
            names=(f"{repository}@{image.digest}",),
            process=InteractiveProcess.from_process(process),
            description=f"{repository}:{tag}",
        )
        for (repository, tag), process in zip(names.references, processes)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *PublishImageFieldSet.rules()]
