"""From a `sam_application` target to the application: the functions of its folder and below."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Field,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from plinth.images.lambda_configuration import (
    LambdaConfigurationTarget,
    LambdaHandlerField,
    LambdaImageField,
    LambdaInvokesField,
    LambdaMemoryField,
    LambdaOnFailureField,
    LambdaPoliciesField,
    LambdaTimeoutField,
    LambdaTriggersField,
    LambdaVariablesField,
)
from plinth.sam.application import Application, Function
from plinth.sam.documented import documented
from plinth.sam.errors import SamError, refuse
from plinth.sam.objections import objections
from plinth.sam.target_types import (
    SamAuthorizerField,
    SamAuthorizerSecondsField,
    SamDependenciesField,
    SamDeploymentField,
    SamOpenapiField,
    SamStageField,
)
from plinth.sam.util_rules.handlers import Handlers, HandlersRequest


@dataclass(frozen=True)
class FunctionTargetsRequest:
    """The functions of an application's folder and below."""

    folder: str


@dataclass(frozen=True)
class FunctionTargets:
    """Sorted by address."""

    targets: tuple[Target, ...]


@rule
async def function_targets(
    request: FunctionTargetsRequest, all_targets: AllTargets
) -> FunctionTargets:
    """By folder, whoever declares them."""
    below = f"{request.folder}/" if request.folder else ""
    found = [
        target
        for target in all_targets
        if isinstance(target, LambdaConfigurationTarget)
        if f"{target.address.spec_path}/".startswith(below)
    ]
    return FunctionTargets(tuple(sorted(found, key=lambda target: target.address)))


@dataclass(frozen=True)
class FunctionsFieldSet(FieldSet):
    """A target that is made of the functions of its folder."""

    required_fields = (SamDependenciesField, SamStageField)

    dependencies: SamDependenciesField


class InferFunctionsRequest(InferDependenciesRequest[FunctionsFieldSet]):
    infer_from = FunctionsFieldSet


@rule
async def infer_functions(request: InferFunctionsRequest) -> InferredDependencies:
    """An application depends on its functions, without naming them."""
    folder = request.field_set.address.spec_path
    found = await Get(FunctionTargets, FunctionTargetsRequest(folder))
    return InferredDependencies([target.address for target in found.targets])


@dataclass(frozen=True)
class ApplicationRequest(EngineAwareParameter):
    """What the target at an address stands for."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class DescribedApplication:
    """The application, without objections; its OpenAPI document, if it has one."""

    application: Application
    openapi: bytes | None


def _named(target: Target, field: type[Field], text: str) -> UnparsedAddressInputs:
    return UnparsedAddressInputs(
        (text,),
        owning_address=target.address,
        description_of_origin=f"the `{field.alias}` field of {target.address}",
    )


async def _optional(target: Target, field: type[Field]) -> str | None:
    text = target[field].value
    if not text:
        return None
    found = await Get(Addresses, UnparsedAddressInputs, _named(target, field, str(text)))
    return found[0].spec


async def _one(target: Target, field: LambdaImageField) -> Address:
    found = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    if len(found) != 1:
        raise SamError(f"{target.address}: {field.alias}: one image, and not {len(found)}")
    return found[0]


async def _function(target: Target, image: str) -> Function:
    invokes: Mapping[str, str] = target[LambdaInvokesField].value or {}
    addresses = await MultiGet(
        Get(Addresses, UnparsedAddressInputs, _named(target, LambdaInvokesField, text))
        for text in invokes.values()
    )
    return Function(
        address=target.address.spec,
        image=image,
        handler=str(target[LambdaHandlerField].value),
        memory=target[LambdaMemoryField].value or 0,
        timeout=target[LambdaTimeoutField].value or 0,
        variables=target[LambdaVariablesField].value or {},
        invokes={name: found[0].spec for name, found in zip(invokes, addresses)},
        policies=target[LambdaPoliciesField].value or (),
        events=target[LambdaTriggersField].value or {},
        on_failure=await _optional(target, LambdaOnFailureField),
    )


@rule
async def describe_application(request: ApplicationRequest) -> DescribedApplication:
    """Facts of BUILD files and routes of handlers; `SamError` for what speaks against them."""
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(request.address, description_of_origin="<infallible>")
    )
    target = wrapped.target
    found = await Get(FunctionTargets, FunctionTargetsRequest(request.address.spec_path))
    images = [await _one(each, each[LambdaImageField]) for each in found.targets]
    functions = [await _function(each, image.spec) for each, image in zip(found.targets, images)]
    handlers = await Get(
        Handlers,
        HandlersRequest(
            tuple((function.address, function.handler) for function in functions),
            target[SamOpenapiField].value,
            tuple(images),
        ),
    )
    refuse(request.address.spec, handlers.objections)
    routes = dict(handlers.routes)
    application = Application(
        address=request.address.spec,
        functions=tuple(replace(each, routes=routes[each.address]) for each in functions),
        authorizer=await _optional(target, SamAuthorizerField),
        authorizer_seconds=target[SamAuthorizerSecondsField].value or 0,
        stage=str(target[SamStageField].value),
        deployment=str(target[SamDeploymentField].value),
        documented=documented(json.loads(handlers.openapi)) if handlers.openapi else None,
    )
    refuse(request.address.spec, objections(application))
    return DescribedApplication(application, handlers.openapi)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), UnionRule(InferDependenciesRequest, InferFunctionsRequest)]
