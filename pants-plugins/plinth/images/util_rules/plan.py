"""An image as its target and its Dockerfile describe it, before anything is built for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.goals.package_image import DockerImageOptionValueError
from pants.backend.docker.subsystems.dockerfile_parser import DockerfileInfo, DockerfileInfoRequest
from pants.backend.docker.target_types import (
    DockerImageBuildImageLabelsOptionField,
    DockerImageBuildSecretsOptionField,
    DockerImageBuildSquashOptionField,
    DockerImageBuildSSHOptionField,
    DockerImageTargetStageField,
)
from pants.backend.docker.util_rules.docker_build_args import (
    DockerBuildArgs,
    DockerBuildArgsRequest,
)
from pants.backend.docker.util_rules.docker_build_env import (
    DockerBuildEnvironment,
    DockerBuildEnvironmentRequest,
)
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Target, WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule
from pants.util.value_interpolation import InterpolationContext

from plinth.oci.dockerfile.plan import TARGET, Plan, plan_image


@dataclass(frozen=True)
class ImagePlanRequest(EngineAwareParameter):
    """The plan of the `docker_image` target at `address`."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class ImagePlan:
    """What an image is to be.

    `base` is the target that it stands on, if one makes its base. `reasons` say why only Docker can
    build it, its base aside; they are empty for one that can be assembled.
    """

    target: Target
    plan: Plan
    dockerfile: bytes
    base: Address | None
    reasons: tuple[str, ...]


def _values(args: DockerBuildArgs, env: DockerBuildEnvironment) -> dict[str, str]:
    """The build arguments' values; one without a value has that of the environment."""
    return {k: env.get(k) if v is None else v for k, v in args.to_dict().items()}


def _needs_docker(plan: Plan) -> tuple[str, ...]:
    return tuple(
        f"{plan.path}:{found.line} {found.instruction}: {found.reason}"
        for found in plan.not_assemblable
    )


def _fields_for_docker(target: Target) -> tuple[str, ...]:
    """The target's fields that only mean something to Docker's builder."""
    fields = (
        DockerImageBuildSecretsOptionField,
        DockerImageBuildSSHOptionField,
        DockerImageBuildSquashOptionField,
    )
    return tuple(
        f"{target.address} sets `{field.alias}`" for field in fields if target[field].value
    )


async def _base(address: Address, plan: Plan) -> Address | None:
    if plan.base.kind != TARGET:
        return None
    found = await Get(
        Addresses,
        UnparsedAddressInputs(
            (plan.base.value,),
            owning_address=address,
            description_of_origin=f"the FROM of {plan.path}",
        ),
    )
    return found[0]


@rule
async def plan_of_image(request: ImagePlanRequest) -> ImagePlan:
    """The plan of an image, or why only Docker can build it."""
    wrapped, info = await MultiGet(
        Get(
            WrappedTarget,
            WrappedTargetRequest(request.address, description_of_origin="<infallible>"),
        ),
        Get(DockerfileInfo, DockerfileInfoRequest(request.address)),
    )
    target = wrapped.target
    contents, args, env = await MultiGet(
        Get(DigestContents, Digest, info.digest),
        Get(DockerBuildArgs, DockerBuildArgsRequest(target)),
        Get(DockerBuildEnvironment, DockerBuildEnvironmentRequest(target)),
    )
    (dockerfile,) = contents
    plan = plan_image(
        dockerfile.content,
        dockerfile.path,
        build_args=_values(args, env),
        target_stage=target[DockerImageTargetStageField].value,
        targets=tuple(filter(None, info.from_image_build_args.to_dict().values())),
    )
    return ImagePlan(
        target=target,
        plan=plan,
        dockerfile=dockerfile.content,
        base=await _base(request.address, plan),
        reasons=(*_needs_docker(plan), *_fields_for_docker(target)),
    )


def labels(target: Target, values: InterpolationContext) -> dict[str, str]:
    """The labels of the target's `image_labels` field, their placeholders replaced."""
    field = target[DockerImageBuildImageLabelsOptionField]
    source = InterpolationContext.TextSource(
        address=target.address, target_alias=target.alias, field_alias=field.alias
    )
    return {
        name: values.format(
            value,
            source=source,
            # Not one of the errors that the signature names, and what the stock build raises.
            error_cls=DockerImageOptionValueError,  # type: ignore[type-var]
        )
        for name, value in (field.value or {}).items()
    }


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
