"""Looking at an environment: one call for a function that runs what the ledger says."""

from __future__ import annotations

from collections.abc import Iterable

from delivery.core.chain import Anchor, anchor_of, check_anchors
from delivery.core.config import Environment
from delivery.core.observed import Code, Function
from delivery.core.stage import Stage, stage_of
from delivery.edges.functions import Functions
from delivery.edges.ledger import Read
from delivery.operations.delivery import Delivery
from delivery.operations.side_by_side import side_by_side


def read_stage(delivery: Delivery, name: str) -> tuple[Stage, Read]:
    """An environment by its ledger, and the ledger as it was read."""
    read = delivery.ledger.read(name)
    return stage_of(name, read.chain), read


def observe(
    delivery: Delivery,
    environment: Environment,
    names: Iterable[str],
    stage: Stage,
    asks_lambda: bool = False,
) -> dict[str, Function]:
    """What the functions of the lambdas `names` are, by lambda.

    A version of a function never changes, so one that the ledger has is not asked for again, unless
    `asks_lambda`.
    """
    functions = delivery.functions(environment)

    def look(name: str) -> Function:
        function = environment.function_name(name)
        alias = functions.alias(function)
        if alias is None:
            latest = functions.code(function)
            return Function(name=name, function=function, exists=latest is not None, latest=latest)
        known = None if asks_lambda else stage.known_digest(name, alias.version)
        serves = (
            Code(version=alias.version, revision="", digest=known.digest, image=known.image)
            if known
            else functions.code(function, alias.version)
        )
        return Function(name=name, function=function, alias=alias, serves=serves)

    wanted = sorted(set(names))
    return dict(zip(wanted, side_by_side(wanted, look).must(), strict=True))


def with_latest(functions: Functions, seen: Iterable[Function]) -> dict[str, Function]:
    """The same with what `$LATEST` of each is, by lambda: where a new version is made from."""

    def look(each: Function) -> Function:
        if each.latest is not None or not each.exists:
            return each
        return each.model_copy(update={"latest": functions.code(each.function)})

    return {each.name: each for each in side_by_side(tuple(seen), look).must()}


def check_ledger(environment: str, read: Read, functions: Iterable[Function]) -> None:
    """Raises `LedgerError` where an alias was moved by an entry that the ledger does not have."""
    anchors = (anchor_of(each.alias.description) for each in functions if each.alias)
    check_anchors(environment, read.chain, [each for each in anchors if isinstance(each, Anchor)])
