"""The fingerprint of an image, from the repository alone: nothing is built, run or fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.subsystems.docker_options import DockerOptions
from pants.backend.docker.subsystems.dockerfile_parser import DockerfileInfo, DockerfileInfoRequest
from pants.backend.docker.target_types import DockerImageSourceField
from pants.backend.docker.util_rules.docker_build_args import (
    DockerBuildArgs,
    DockerBuildArgsRequest,
)
from pants.backend.docker.util_rules.docker_build_context import DockerBuildContext
from pants.backend.docker.util_rules.docker_build_env import (
    DockerBuildEnvironment,
    DockerBuildEnvironmentRequest,
)
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    EMPTY_FILE_DIGEST,
    EMPTY_SNAPSHOT,
    Digest,
    DigestEntries,
    FileEntry,
    MergeDigests,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Dependencies, DependenciesRequest, Target, Targets
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.debian.util_rules.parts import PACKAGE
from plinth.debian.util_rules.root import PERMISSION
from plinth.fingerprint.made import MadeFile
from plinth.images.fingerprint import ImageFingerprint, Part, fingerprint
from plinth.images.util_rules.assembler import Assembler, AssemblerRequest
from plinth.images.util_rules.context import DiskEntry, IgnoredRequest, Listing, entry_value
from plinth.images.util_rules.context_parts import (
    ContextParts,
    ContextPartsRequest,
    target_fields,
)
from plinth.images.util_rules.outline import Outline, OutlineRequest, used
from plinth.images.util_rules.plan import ImagePlan, ImagePlanRequest, labels
from plinth.layers.util_rules.parts import INTERPRETER
from plinth.oci.dockerfile.ignore import IgnoreRules
from plinth.oci.dockerfile.instructions import Arg, From
from plinth.oci.dockerfile.plan import DIGEST, Plan


@dataclass(frozen=True)
class ImageFingerprintRequest(EngineAwareParameter):
    """The fingerprint of the `docker_image` target at `address`."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


def _instructions(plan: Plan) -> Iterator[Part]:
    for number, instruction in enumerate(plan.instructions, start=1):
        statement = instruction.statement
        # Of the FROM of a further stage, only that it begins one reaches the image.
        text = "FROM" if isinstance(instruction, From) else statement.text
        escape = "" if statement.escape == "\\" else f" (escape {statement.escape})"
        yield Part("instruction", "", f"{number:03}", text + escape)


def _arguments(plan: Plan) -> list[Part]:
    """The values of the arguments that the instructions declare; defaults stand in their texts."""
    given, outer = dict(plan.build_args), dict(plan.arguments)
    values = {}
    for instruction in plan.instructions:
        for name, default in instruction.pairs if isinstance(instruction, Arg) else ():
            value = given.get(name, outer.get(name) if default is None else None)
            if value is not None:
                values[name] = value
    return [Part("argument", "", name, value) for name, value in values.items()]


async def _labels(target: Target) -> tuple[list[Part], tuple[str, ...]]:
    """The labels of the target's field; and why they are not all known."""
    info, args, env = await MultiGet(
        Get(DockerfileInfo, DockerfileInfoRequest(target.address)),
        Get(DockerBuildArgs, DockerBuildArgsRequest(target)),
        Get(DockerBuildEnvironment, DockerBuildEnvironmentRequest(target)),
    )
    # What is made of the context is not known: the hash of an empty one stands in its place.
    context = DockerBuildContext.create(args, EMPTY_SNAPSHOT, env, (), info)
    values: Any = context.interpolation_context
    found = labels(target, values)
    unknown = values["pants"]["hash"]
    return (
        [Part("label", "", name, value) for name, value in found.items()],
        tuple(
            f"its label {name} holds {{pants.hash}}, which only the built context tells"
            for name, value in found.items()
            if unknown in value
        ),
    )


def _base_part(plan: Plan, below: ImageFingerprint | None) -> Part:
    if below:
        return Part("base", "", "", f"fingerprint {below.value}")
    if plan.base.kind == DIGEST:
        return Part("base", "", "", plan.base.value.rpartition("@")[2])
    return Part("base", "", "", plan.base.value)


def _made_as(entry: DiskEntry) -> str:
    return f"made as {entry.path}"


async def _context(
    planned: ImagePlan, outline: Outline, options: DockerOptions
) -> tuple[list[Part], list[MadeFile]]:
    """The parts that are files of the repository, and the files that are made."""
    address, dockerfile = planned.target.address, planned.plan.path
    found, info = await MultiGet(
        Get(ContextParts, ContextPartsRequest(address)),
        Get(DockerfileInfo, DockerfileInfoRequest(address)),
    )
    context = await Get(Digest, MergeDigests((found.digest, info.digest)))
    root = DockerPackageFieldSet.create(planned.target).get_context_root(
        options.default_context_root
    )
    entries, ignored = await MultiGet(
        Get(DigestEntries, Digest, context),
        Get(IgnoreRules, IgnoredRequest(context, dockerfile, root)),
    )
    made = {file.path: file for file in found.made if file.path}
    # To be found by instructions; that its bytes are not known does not matter for it.
    places = (FileEntry(path, EMPTY_FILE_DIGEST) for path in made)
    listing = Listing.below(root, (*entries, *places)).without(ignored)
    whole = all(file.path for file in found.made)
    paths = used(planned.plan, outline, listing) if whole else listing.entries
    files = {path: listing.entries[path] for path in paths}
    return (
        [
            Part("file", "", path, _made_as(entry) if entry.path in made else entry_value(entry))
            for path, entry in files.items()
        ],
        [
            *(file for file in found.made if not file.path),
            *(made[entry.path] for entry in files.values() if entry.path in made),
        ],
    )


def _for_docker(planned: ImagePlan) -> list[Part]:
    """What Docker is given besides the context."""
    text = hashlib.sha256(planned.dockerfile).hexdigest()
    arguments = planned.plan.build_args
    return [
        Part("dockerfile", "", planned.plan.path, text),
        Part("target", "", "", target_fields(planned.target)),
        *(Part("argument", "", name, value) for name, value in arguments),
    ]


async def _images_below(planned: ImagePlan) -> list[ImageFingerprint]:
    """Those of the base; or of all that the target depends on, for Docker to build it with."""
    if not planned.reasons:
        addresses = [planned.base] if planned.base else []
    else:
        direct = await Get(Targets, DependenciesRequest(planned.target.get(Dependencies)))
        addresses = [t.address for t in direct if t.has_field(DockerImageSourceField)]
    return list(
        await MultiGet(
            Get(ImageFingerprint, ImageFingerprintRequest(address)) for address in addresses
        )
    )


@rule(desc="Fingerprinting an image", level=LogLevel.DEBUG)
async def fingerprint_image(
    request: ImageFingerprintRequest, options: DockerOptions
) -> ImageFingerprint:
    """The fingerprint of an image: the hash of all parts that reach its bytes, bases included."""
    planned, known, assembler, environment = await MultiGet(
        Get(ImagePlan, ImagePlanRequest(request.address)),
        Get(Outline, OutlineRequest(request.address)),
        Get(Assembler, AssemblerRequest()),
        Get(EnvironmentVars, EnvironmentVarsRequest([PERMISSION])),
    )
    below = await _images_below(planned)
    files, made = await _context(planned, known, options)
    parts = [*assembler.parts, *files, *(part for file in made for part in file.parts)]
    reasons = [*planned.reasons, *(reason for file in made for reason in file.reasons)]
    if planned.reasons:
        parts += _for_docker(planned)
        parts += (Part("base", "", each.address, f"fingerprint {each.value}") for each in below)
    else:
        added, unknown = await _labels(planned.target)
        base = below[0] if below else None
        parts += [*_instructions(planned.plan), *_arguments(planned.plan), *added]
        parts.append(_base_part(planned.plan, base))
        reasons += unknown
    reasons += (f"its base {each.address}: {why}" for each in below for why in each.reasons)
    unlockable = any(part.kind in (PACKAGE, INTERPRETER) for part in parts)
    unlockable = bool(environment.get(PERMISSION)) and unlockable
    return ImageFingerprint(
        address=request.address.spec,
        value=fingerprint(parts),
        parts=tuple(sorted(parts)),
        base=planned.base.spec if planned.base else None,
        reasons=tuple(reasons),
        may_be_unlocked=unlockable or any(each.may_be_unlocked for each in below),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
