"""What is to be published, as `plinth.oci.publish.publish` takes it, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.docker.target_types import DockerImageSkipPushField
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Digest, RemovePrefix
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.frozendict import FrozenDict
from pants.util.strutil import softwrap

from plinth.git.util_rules.commit import Commit, CommitRequest
from plinth.images.fingerprint import ImageFingerprint, of_unlocked
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.image import AssembledImage, ImageAssembly, ImageRequest
from plinth.images.util_rules.names import ImageNames, ImageNamesRequest
from plinth.images.util_rules.tested import (
    ContainerTests,
    ContainerTestsRequest,
    ImageId,
    ImageIdRequest,
    TestedImage,
    TestedImageRequest,
)
from plinth.images.util_rules.transfer import REACH
from plinth.images.util_rules.unit_tests import UnitTested, UnitTestedRequest
from plinth.oci.format.reference import is_loopback
from plinth.oci.registry.ecr import ENVIRONMENT, is_ecr

LAYOUTS = "layouts"


class ImagePublishSubsystem(Subsystem):
    options_scope = "image-publish"
    help = "What images may be published."

    untested = BoolOption(
        default=False,
        help=softwrap(
            """
            Publish images that no container test has passed on, too. The tests are not asked for
            then.
            """
        ),
    )
    main_branch = StrOption(
        default="origin/main",
        help=softwrap(
            """
            What is published to a registry that is not on loopback is made of a commit on this
            branch.
            """
        ),
    )
    lockfile = StrOption(
        default="3rdparty/tools/release/requirements.txt",
        help="A requirements file with hashes: boto3, for registries of Amazon ECR.",
    )


@dataclass(frozen=True)
class ReachRequest:
    """How to reach these registries, each as `host[:port]`."""

    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Reach:
    """The environment, and the lock of what is needed in place of the builder's packages, if so."""

    env: FrozenDict[str, str]
    lockfile: str | None


@rule
async def reach(request: ReachRequest, options: ImagePublishSubsystem) -> Reach:
    """What it takes to reach registries, those of Amazon ECR included."""
    aws = any(map(is_ecr, request.hosts))
    names = (*REACH, *(ENVIRONMENT if aws else ()))
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(names))
    return Reach(FrozenDict(environment), options.lockfile if aws else None)


@dataclass(frozen=True)
class NotPublishedRequest:
    """Why the image at `address` is not published."""

    address: Address


@dataclass(frozen=True)
class NotPublished:
    """`reason` is empty for one that is."""

    reason: str


@rule
async def why_not_published(request: NotPublishedRequest) -> NotPublished:
    """Why an image goes to no registry, if it goes to none."""
    names, wrapped = await MultiGet(
        Get(ImageNames, ImageNamesRequest(request.address)),
        Get(
            WrappedTarget,
            WrappedTargetRequest(request.address, description_of_origin="<infallible>"),
        ),
    )
    field = wrapped.target[DockerImageSkipPushField]
    if field.value:
        return NotPublished(f"(by `{field.alias}` on {request.address})")
    if not names.repositories:
        return NotPublished("(no registry: see `[docker.registries]` in pants.toml)")
    return NotPublished("")


@dataclass(frozen=True)
class PublicationRequest(EngineAwareParameter):
    """The publications of the image at `address`."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class Publications:
    """For each registry that an image goes to, what `plinth.oci.publish.publication` reads as JSON.

    `layouts` are the layouts that it names, at their paths.
    """

    plan: tuple[FrozenDict[str, Any], ...]
    layouts: FrozenDict[str, Digest]


@dataclass(frozen=True)
class VouchedRequest:
    """Do container tests vouch for the image at `address`?"""

    address: Address


@dataclass(frozen=True)
class Vouched:
    """`problem` says why not; it is empty when they do."""

    problem: str


@rule
async def vouched(request: VouchedRequest) -> Vouched:
    """An image without tests of its own, such as a base, is tested by those of one on top of it."""
    tests = (await Get(ContainerTests, ContainerTestsRequest())).of
    tested = await Get(TestedImage, TestedImageRequest(request.address))
    if tested.passed or request.address in tests:
        return Vouched(tested.problem)
    for other in sorted(tests):
        assembly = await Get(ImageAssembly, ImageRequest(other))
        bases = assembly.image.bases if assembly.image else ()
        if any(base.digest == tested.digest for base in bases):
            above = await Get(TestedImage, TestedImageRequest(other))
            if above.passed:
                # The containers on it have run; its own code has unit tests all the same.
                return Vouched((await Get(UnitTested, UnitTestedRequest(request.address))).problem)
    return Vouched(f"{tested.problem}, or to an image on it, and let it pass")


async def _objections(
    address: Address, repositories: Iterable[str], options: ImagePublishSubsystem
) -> dict[str, str | None]:
    """For each repository, why the image must not be pushed to it."""
    untested = ""
    if not options.untested:
        untested = (await Get(Vouched, VouchedRequest(address))).problem
        untested = untested and f"not tested: {untested}, or publish with --image-publish-untested"
    found: dict[str, str | None] = {}
    for repository in repositories:
        commit = None
        if not is_loopback(repository.partition("/")[0]):
            commit = (await Get(Commit, CommitRequest(options.main_branch))).objection
        found[repository] = "; ".join(filter(None, (commit, untested))) or None
    return found


async def _base_repositories(base: AssembledImage | None) -> dict[str, str]:
    """Where the image below goes, by registry."""
    if base is None:
        return {}
    names, wrapped = await MultiGet(
        Get(ImageNames, ImageNamesRequest(base.address)),
        Get(
            WrappedTarget, WrappedTargetRequest(base.address, description_of_origin="<infallible>")
        ),
    )
    if wrapped.target[DockerImageSkipPushField].value:
        return {}
    return {name.partition("/")[0]: name for name, _ in names.repositories}


def _place(image: AssembledImage) -> str:
    return f"{LAYOUTS}/{image.path}"


@rule
async def publications_of(
    request: PublicationRequest, options: ImagePublishSubsystem
) -> Publications:
    """What is to be published of an image, registry by registry, with what speaks against it."""
    assembly, names, made_of = await MultiGet(
        Get(ImageAssembly, ImageRequest(request.address)),
        Get(ImageNames, ImageNamesRequest(request.address)),
        Get(ImageFingerprint, ImageFingerprintRequest(request.address)),
    )
    image = assembly.image
    repositories = [name for name, _ in names.repositories]
    objections = await _objections(request.address, repositories, options)
    stack = (image, *image.bases) if image else ()
    if image is None:
        by_docker = await Get(ImageId, ImageIdRequest(request.address))
        what: dict[str, Any] = {"name": names.repository, "image_id": by_docker.digest}
    else:
        what = {"layout": _place(image), "bases": tuple(map(_place, image.bases))}
    fingerprint = of_unlocked(made_of.value, image.unlocked if image else ())
    below = await _base_repositories(image.base if image else None)
    layouts = await MultiGet(Get(Digest, RemovePrefix(each.layout, each.path)) for each in stack)
    return Publications(
        tuple(
            FrozenDict(
                {
                    **what,
                    "repository": repository,
                    "tag": f"fp-{fingerprint}",
                    "base": below.get(repository.partition("/")[0]),
                    "tags": tags,
                    "objection": objections[repository],
                }
            )
            for repository, tags in names.repositories
        ),
        FrozenDict(zip(map(_place, stack), layouts)),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
