"""Other goals, run on what is affected in the same invocation of Pants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.specs import AddressLiteralSpec, RawSpecs, Specs
from pants.core.goals.package import Package
from pants.core.goals.publish import Publish
from pants.core.goals.test import Test
from pants.engine.addresses import AddressInput
from pants.engine.console import Console
from pants.engine.fs import Workspace
from pants.engine.rules import Effect
from pants.util.frozendict import FrozenDict

from plinth.affected.errors import AffectedError
from plinth.affected.model import TESTS, Affected, Answer, Kind

_ORIGIN = "`affected --run`"
_GOALS = {"test": TESTS, "package": (Kind.IMAGE, Kind.APPLICATION), "publish": (Kind.IMAGE,)}


def goals(run: str) -> tuple[str, ...]:
    """The goals that `--run` names, in its order. Raises `AffectedError` for any other."""
    named = tuple(run.split())
    unknown = [name for name in named if name not in _GOALS]
    if unknown:
        raise AffectedError(
            f"--affected-run: `{unknown[0]}` cannot be run on what is affected. "
            f"It can be any of: {', '.join(_GOALS)}."
        )
    return named


@dataclass(frozen=True)
class Terminal:
    """What a goal needs to have effects outside Pants' cache, and where it has them."""

    console: Console
    workspace: Workspace


async def run_goal(name: str, answer: Answer, terminal: Terminal) -> int:
    """Runs a goal on those affected targets that it is for; its exit code, 0 if there is none."""
    targets = [target for target in answer.targets if target.kind in _GOALS[name]]
    if not targets:
        return 0
    specs = specs_of(targets)
    result: Test | Package | Publish
    if name == "test":
        result = await Effect(
            Test,
            {
                specs: Specs,
                terminal.console: Console,
                terminal.workspace: Workspace,
            },
        )
    elif name == "package":
        result = await Effect(
            Package,
            {
                specs: Specs,
                terminal.workspace: Workspace,
            },
        )
    else:
        result = await Effect(
            Publish,
            {
                specs: Specs,
                terminal.console: Console,
            },
        )
    return result.exit_code


def specs_of(targets: Iterable[Affected]) -> Specs:
    """Exactly these targets, as if a user had named each."""
    literals = tuple(_literal(target.target) for target in targets)
    return Specs(
        includes=RawSpecs(address_literals=literals, description_of_origin=_ORIGIN),
        ignores=RawSpecs(description_of_origin=_ORIGIN),
    )


def _literal(spec: str) -> AddressLiteralSpec:
    parsed = AddressInput.parse(spec, description_of_origin=_ORIGIN)
    return AddressLiteralSpec(
        path_component=parsed.path_component,
        target_component=parsed.target_component,
        generated_component=parsed.generated_component,
        parameters=FrozenDict(parsed.parameters),
    )
