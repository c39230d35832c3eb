"""What an image's instructions come to, as far as that is known before anything is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.images.util_rules.context import Listing
from plinth.images.util_rules.plan import ImagePlan, ImagePlanRequest
from plinth.oci.assemble.context import context_paths
from plinth.oci.dockerfile.evaluate import Evaluated, evaluate
from plinth.oci.dockerfile.instructions import Copy
from plinth.oci.dockerfile.parse import DockerfileError
from plinth.oci.dockerfile.plan import SCRATCH, Plan
from plinth.platform import PLATFORM


@dataclass(frozen=True)
class OutlineRequest:
    """Asks what is known of an image before anything of it is made."""

    address: Address


@dataclass(frozen=True)
class Outline:
    """An image's configuration and steps as far as they are known without its base's bytes.

    `evaluated` is None for an image that Docker builds. `whole` tells that the environment of its
    base is known: that of an image of a registry is not.
    """

    evaluated: Evaluated | None
    whole: bool


async def _outline_below(planned: ImagePlan) -> Outline:
    if planned.base:
        return await Get(Outline, OutlineRequest(planned.base))
    return Outline(Evaluated({}, "", (), ()), planned.plan.base.kind == SCRATCH)


@rule
async def outline_image(request: OutlineRequest) -> Outline:
    """Configuration and steps of an image, evaluated on what is known of its base."""
    planned = await Get(ImagePlan, ImagePlanRequest(request.address))
    below = await _outline_below(planned)
    if planned.reasons or below.evaluated is None:
        return Outline(None, whole=False)
    config = {"config": below.evaluated.config, "author": below.evaluated.author}
    base = {"os": PLATFORM.os, "architecture": PLATFORM.architecture, **config}
    try:
        from_scratch = planned.plan.base.kind == SCRATCH
        return Outline(evaluate(planned.plan, None if from_scratch else base), below.whole)
    except DockerfileError:
        if below.whole:
            raise
        # It may be right once the variables of the base are there.
        return Outline(None, whole=False)


def used(plan: Plan, outline: Outline, listing: Listing) -> Iterable[str]:
    """The paths of the context that the layers are made of; where that is not known, all."""
    copies = [found for found in plan.instructions if isinstance(found, Copy)]
    named = outline.whole or not any("$" in text for each in copies for text in each.sources)
    if outline.evaluated is None or not named:
        return listing.entries
    context = listing.context()
    steps = (step for step in outline.evaluated.steps if step.sources)
    return {path for step in steps for path in context_paths(step, context)}


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
