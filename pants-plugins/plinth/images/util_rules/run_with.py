"""An assembled image, started by the program that its `run_with` field names."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet, RunRequest
from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, MergeDigests
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import FieldSetsPerTarget, FieldSetsPerTargetRequest, Targets
from pants.engine.unions import UnionRule

from plinth.images.errors import ImageError
from plinth.images.target_types import RunWithField
from plinth.images.util_rules.image import ImageAssembly, ImageRequest


@dataclass(frozen=True)
class RunWithRequest(EngineAwareParameter):
    """The image of the target that the field is of, started by what the field names."""

    field: RunWithField

    def debug_hint(self) -> str:
        return self.field.address.spec


@dataclass(frozen=True)
class RunWith:
    """The program's run on the image; arguments for it may follow."""

    request: RunRequest


async def _program(field: RunWithField) -> RunFieldSet:
    named = await Get(
        Addresses,
        UnparsedAddressInputs(
            (field.value or "",),
            owning_address=field.address,
            description_of_origin=f"the `{field.alias}` field of {field.address}",
        ),
    )
    targets = await Get(Targets, Addresses, named)
    found = await Get(FieldSetsPerTarget, FieldSetsPerTargetRequest(RunFieldSet, targets))
    if len(found.field_sets) != 1:
        raise ImageError(
            f"The `{field.alias}` field of {field.address} names {field.value}, of which "
            f"{len(found.field_sets)} programs can be run. Name one: a Python file such as "
            "`//tests/containers/local.py`, or a `pex_binary`."
        )
    (program,) = found.field_sets
    assert isinstance(program, RunFieldSet)
    return program


@rule
async def run_with(request: RunWithRequest) -> RunWith:
    """The command that runs an image by its `run_with`, with the layouts that it needs."""
    field = request.field
    assembly = await Get(ImageAssembly, ImageRequest(field.address))
    image = assembly.image
    if image is None:
        raise ImageError(
            f"{field.address} has a `{field.alias}`, which takes an assembled image, and this one "
            "is left to Docker:\n" + "\n".join(f"  {reason}" for reason in assembly.reasons)
        )
    runnable = await _program(field)
    program = await Get(RunRequest, RunFieldSet, runnable)
    layouts = (each.layout for each in (image, *image.bases))
    digest = await Get(Digest, MergeDigests((program.digest, *layouts)))
    bases = (("--base-layout", os.path.join("{chroot}", base.path)) for base in image.bases)
    return RunWith(
        RunRequest(
            digest=digest,
            args=(
                *program.args,
                *("--layout", os.path.join("{chroot}", image.path)),
                *(argument for option in bases for argument in option),
                *("--folder", field.address.spec_path),
            ),
            extra_env=program.extra_env,
            immutable_input_digests=program.immutable_input_digests,
            append_only_caches=program.append_only_caches,
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
