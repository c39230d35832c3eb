"""`./pants run`: the assembled image in Docker's engine, by itself or by its `run_with` program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.goals.run_image import DockerRunFieldSet
from pants.backend.docker.subsystems.docker_options import DockerOptions
from pants.core.goals.run import RunRequest
from pants.engine.process import Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.target_types import RunWithField
from plinth.images.util_rules.image import ImageAssembly, ImageRequest
from plinth.images.util_rules.run_with import RunWith, RunWithRequest
from plinth.images.util_rules.transfer import RUN, TransferRequest


@dataclass(frozen=True)
class ImageRunFieldSet(DockerRunFieldSet):
    """In place of Pants' stock field set for `docker_image`."""

    run_with: RunWithField


async def _run_by_docker(field_set: ImageRunFieldSet) -> RunRequest:
    wrapped = await Get(
        WrappedTarget,
        WrappedTargetRequest(field_set.address, description_of_origin="<infallible>"),
    )
    return await Get(RunRequest, DockerRunFieldSet, DockerRunFieldSet.create(wrapped.target))


@rule
async def run_image(
    field_set: ImageRunFieldSet, options: DockerOptions, as_read: CodeAsRead
) -> RunRequest:
    """The image in Docker, or the program that its `run_with` names."""
    if field_set.run_with.value:
        return (await Get(RunWith, RunWithRequest(field_set.run_with))).request
    assembly = await Get(ImageAssembly, ImageRequest(field_set.address))
    if assembly.image is None:
        return await _run_by_docker(field_set)
    process = await Get(
        Process,
        TransferRequest(RUN, assembly.image, (*options.run_args, "--"), anywhere=True),
    )
    shim, *argv = process.argv
    return RunRequest(
        digest=process.input_digest,
        args=(f"{{chroot}}/{shim}", *argv),
        extra_env=process.env,
        immutable_input_digests=process.immutable_input_digests,
        append_only_caches=process.append_only_caches,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules(), *ImageRunFieldSet.rules()]
