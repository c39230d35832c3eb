"""Whether Python would find everything that is in a layer and in the images below it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.layers.clash import Part, differing_files, differing_versions, hidden, unmet
from plinth.layers.content import Closure
from plinth.layers.errors import LayerError
from plinth.layers.target_types import (
    PythonLayerDependenciesField,
    PythonLayerLessField,
    PythonLayerPathField,
)
from plinth.layers.util_rules.content import Carried, LayerContent, LayerContentRequest
from plinth.layers.util_rules.lock import LockRequest
from plinth.layers.util_rules.third_party import ThirdParty, ThirdPartyRequest
from plinth.lockfile.closure import installed_in
from plinth.lockfile.distribution import Lock
from plinth.lockfile.environment import RUNTIME


@dataclass(frozen=True)
class LayerFitsRequest(EngineAwareParameter):
    """Whether the `python_layer` target fits on the images that it names in `less`."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class LayerFits:
    """It does: `LayerError` is raised otherwise."""


def _code(content: LayerContent) -> Part:
    paths = tuple(file.path for file in content.first_party)
    return Part(f"the code of {content.address}", content.path, paths)


async def _packages(layers: Iterable[Target]) -> list[Part]:
    layers = tuple(layers)
    found = await MultiGet(Get(ThirdParty, ThirdPartyRequest(layer)) for layer in layers)
    return [
        Part(
            f"the packages of {layer.address}",
            str(layer[PythonLayerPathField].value),
            third_party.report.files,
        )
        for layer, third_party in zip(layers, found)
    ]


async def _unlisted_edges(target: Target, content: LayerContent, carried: Carried) -> list[str]:
    """What the installed packages say they require, and the lock's `# via` comments do not tell."""
    installed, lock = await MultiGet(
        Get(ThirdParty, ThirdPartyRequest(target)),
        Get(Lock, LockRequest(content.lock, f"the requirements of {target.address}")),
    )
    locked = installed_in(lock, RUNTIME)
    present = [d.name for d in (*content.distributions, *carried.closure.distributions)]
    return [
        f"{name}: {needed} is required and locked, but {lock.path} does not say so in "
        "its `# via` comments. Run `make lock`."
        for name, needed in unmet(installed.report.requires, present, RUNTIME)
        if needed in locked
    ]


@rule(desc="Checking that a layer hides nothing", level=LogLevel.DEBUG)
async def check_layer(request: LayerFitsRequest) -> LayerFits:
    """That a layer hides nothing of what is below it. Raises `LayerError`."""
    target = request.target
    content, needed, carried = await MultiGet(
        Get(LayerContent, LayerContentRequest(target)),
        Get(Closure, PythonLayerDependenciesField, target[PythonLayerDependenciesField]),
        Get(Carried, PythonLayerLessField, target[PythonLayerLessField]),
    )
    found = [
        *differing_files(needed, carried.closure, "what is below"),
        *differing_versions(needed, carried.closure, "what is below"),
    ]
    there = {file.path for file in carried.closure.first_party}
    own = Part(
        f"the code of {target.address}",
        str(target[PythonLayerPathField].value),
        tuple(file.path for file in needed.first_party if file.path not in there),
    )
    code_below = [_code(held) for held in carried.contents]
    packages_below = await _packages(
        [layer for layer, held in zip(carried.layers, carried.contents) if held.distributions]
    )
    found += hidden(own, [*code_below, *packages_below])
    if content.distributions:
        (packages,) = await _packages([target])
        found += hidden(own, [packages])
        found += hidden(packages, code_below)
        found += await _unlisted_edges(target, content, carried)
    if found:
        raise LayerError(
            f"{target.address}: Python would not find all that the image is to hold:\n  "
            + "\n  ".join(sorted(set(found)))
        )
    return LayerFits()


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
