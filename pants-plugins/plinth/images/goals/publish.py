"""`./pants publish`: the images of a command go to their registries together, the lower first.

Pants' goal asks for each target by itself, in no order. So the first of the images answers for all
of them, with one process that publishes them in order, and the others with nothing.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pants.backend.docker.goals.publish import PublishDockerImageFieldSet
from pants.base.build_root import BuildRoot
from pants.core.goals.publish import (
    PublishPackages,
    PublishProcesses,
    PublishRequest,
)
from pants.core.util_rules.distdir import DistDir
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import InteractiveProcess, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.util_rules.command_line import CommandLineImages, CommandLineImagesRequest
from plinth.images.util_rules.publication import (
    NotPublished,
    NotPublishedRequest,
    PublicationRequest,
    Publications,
    Reach,
    ReachRequest,
)
from plinth.images.util_rules.publish_report import REPORT

# What runs in the sandbox.
MODULE = "plinth.oci.publish.publish"


class PublishImageRequest(PublishRequest):  # type: ignore[type-arg]
    """A `docker_image` to publish."""


@dataclass(frozen=True)
class PublishImageFieldSet(PublishDockerImageFieldSet):
    """In place of Pants' stock field set for `docker_image`."""

    publish_request_type = PublishImageRequest  # type: ignore[assignment]


async def _together(address: Address) -> tuple[Address, ...]:
    """The images that are published in one process with this one."""
    named = (await Get(CommandLineImages, CommandLineImagesRequest())).addresses
    candidates = named if address in named else (address,)
    reasons = await MultiGet(Get(NotPublished, NotPublishedRequest(each)) for each in candidates)
    return tuple(each for each, found in zip(candidates, reasons) if not found.reason)


async def _process(addresses: Sequence[Address], report: str) -> Process:
    found = await MultiGet(Get(Publications, PublicationRequest(each)) for each in addresses)
    images = [dict(each) for publications in found for each in publications.plan]
    hosts = sorted({each["repository"].partition("/")[0] for each in images})
    plan, reach = await MultiGet(
        Get(
            Digest,
            CreateDigest([FileContent("plan.json", json.dumps({"images": images}).encode())]),
        ),
        Get(Reach, ReachRequest(tuple(hosts))),
    )
    layouts = {path: digest for each in found for path, digest in each.layouts.items()}
    return await Get(
        Process,
        BuilderProcess(
            module=MODULE,
            argv=("--plan", "plan.json", "--report", report),
            input_digest=plan,
            # On the disk once for all runs of the daemon.
            immutable_inputs=FrozenDict(layouts),
            extra_env=reach.env,
            lockfile=reach.lockfile,
            # What a registry has is not Pants' to remember.
            cache_scope=ProcessCacheScope.PER_SESSION,
            description="Publishing images",
        ),
    )


@rule
async def publish_image(
    request: PublishImageRequest, dist_dir: DistDir, build_root: BuildRoot, as_read: CodeAsRead
) -> PublishProcesses:
    """The process that publishes all images of the command line, asked for by the first of them."""
    address = request.field_set.address
    why_not = await Get(NotPublished, NotPublishedRequest(address))
    if why_not.reason:
        return PublishProcesses([PublishPackages((address.spec,), description=why_not.reason)])
    together = await _together(address)
    if address != together[0]:
        return PublishProcesses()
    report = os.path.join(build_root.path, dist_dir.relpath, REPORT)
    process = await _process(together, report)
    return PublishProcesses(
        [
            PublishPackages(
                names=(f"{len(together)} images",),
                process=InteractiveProcess.from_process(process),
                description=f"their registries, each as listed above and in {REPORT}",
            )
        ]
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules(), *PublishImageFieldSet.rules()]
