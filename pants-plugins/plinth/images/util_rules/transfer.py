"""Processes that take an assembled image out of Pants: to a registry, or to Docker's engine."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import Process, ProcessCacheScope
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.images.reach import ENGINE, REGISTRIES
from plinth.images.util_rules.image import AssembledImage

PUSH, RUN = "plinth.oci.registry.push", "plinth.oci.publish.run"
# How to reach registries and the engine.
REACH = (*REGISTRIES, *ENGINE, "PLINTH_REGISTRY")


@dataclass(frozen=True)
class TransferRequest:
    """A run of `PUSH` or `RUN` on an image, with `argv` after the options that name its layouts.

    With `anywhere` the process may run in any folder; its paths then begin with `{chroot}`.
    """

    module: str
    image: AssembledImage
    argv: tuple[str, ...]
    anywhere: bool = False


@rule
async def transfer_process(request: TransferRequest) -> Process:
    """The process that hands an image and its bases to a program of `oci.publish`."""
    image = request.image
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(REACH))
    layouts = await Get(Digest, MergeDigests(each.layout for each in (image, *image.bases)))
    root = "{chroot}" if request.anywhere else ""
    bases = (("--base-layout", os.path.join(root, base.path)) for base in image.bases)
    return await Get(
        Process,
        BuilderProcess(
            module=request.module,
            argv=(
                *("--layout", os.path.join(root, image.path)),
                *(argument for option in bases for argument in option),
                *request.argv,
            ),
            input_digest=layouts,
            extra_env=FrozenDict({**environment, **({"PEX_EXTRA_SYS_PATH": root} if root else {})}),
            # The registry and the engine are not Pants' to remember.
            cache_scope=ProcessCacheScope.PER_SESSION,
            description=f"Transferring {image.name}@{image.digest}",
        ),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
