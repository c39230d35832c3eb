"""How an environment differs from what its ledger says is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from delivery.core.observed import Function
from delivery.core.stage import Stage


@dataclass(frozen=True)
class Drift:
    """One difference. `since` is the last time that the environment was known to be right."""

    name: str
    how: str
    since: str

    def __str__(self) -> str:
        return f"{self.name}: {self.how}, since some time after {self.since}"


def drift(stage: Stage, functions: Iterable[Function]) -> tuple[Drift, ...]:
    """Every difference. An operation that is open moves aliases itself: it is no drift."""
    if not stage.is_adopted or (stage.open and stage.open.moves):
        return ()
    return tuple(
        Drift(seen.name, how, stage.seen) for seen in functions for how in _how(stage, seen)
    )


def _how(stage: Stage, seen: Function) -> Iterator[str]:
    expected = stage.functions.get(seen.name)
    if expected is None:
        # A lambda that is new here: whoever created the function gave it some first image.
        return
    if not seen.exists:
        yield "the function is gone"
    elif seen.alias is None:
        yield f"the alias is gone; it pointed to version {expected.version}"
    elif seen.alias.version != expected.version:
        yield (
            f"the alias points to version {seen.alias.version}; "
            f"the ledger has version {expected.version}"
        )
    elif seen.serves and seen.serves.digest != expected.digest:
        yield f"version {expected.version} runs {seen.serves.digest}, not {expected.digest}"
    if seen.alias and seen.alias.weights:
        shares = ", ".join(
            f"{weight:.0%} to version {version}"
            for version, weight in sorted(seen.alias.weights.items())
        )
        yield f"the alias sends {shares}"
