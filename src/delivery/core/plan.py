"""A plan: what would run where, why, what was seen when it was made, and what is refused."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from delivery.core.entry import ReleaseRef, Running, sha256
from delivery.core.errors import DeliveryError, Refusal
from delivery.core.invalid import first_problem
from delivery.core.observed import Function
from delivery.core.record import Image

KEEP: Final = "keep"
UPDATE: Final = "update"
REPAIR: Final = "repair"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Model):
    """What becomes of one function. `image` is `host/repository@digest`."""

    name: str
    function: str
    action: Literal["keep", "update", "repair"]
    runs: Running | None
    image: str
    digest: str
    why: str


class Gate(_Model):
    """A refusal, in a plan."""

    gate: str
    what: str
    fix: str


class Plan(_Model):
    """What `promote` does, as a value. Its hash is in the ledger.

    `overrides` are the reasons that it was made with, by gate: they are asked for again when it is
    carried out. `ledger` is the number of the newest entry of the environment when it was made.
    """

    format: Literal[1] = 1
    environment: str
    release: ReleaseRef
    runs: ReleaseRef | None
    config: str
    ledger: int
    made: str
    by: str
    changes: tuple[Change, ...]
    observed: tuple[Function, ...]
    overrides: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    refused: tuple[Gate, ...] = ()

    def dump(self) -> bytes:
        return (self.model_dump_json(indent=2) + "\n").encode()

    @property
    def sha256(self) -> str:
        return sha256(self.dump())

    @property
    def touched(self) -> tuple[Change, ...]:
        return tuple(each for each in self.changes if each.action != KEEP)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(each.gate, each.what, each.fix) for each in self.refused)


def parse(data: bytes, origin: str) -> Plan:
    """A plan from its file. Raises `DeliveryError`."""
    try:
        return Plan.model_validate_json(data)
    except ValidationError as error:
        raise DeliveryError(
            f"{origin} is no plan of this version ({first_problem(error)}). Make it with "
            "`delivery plan RELEASE --to ENV -o FILE`."
        ) from error


def change(image: Image, host: str, seen: Function, expected: Running | None) -> Change:
    """What becomes of the function of `image`. `expected` is what the ledger says serves."""
    action, why = _decide(image, seen, expected)
    return Change(
        name=seen.name,
        function=seen.function,
        action=action,
        runs=seen.runs,
        image=f"{host}/{image.repository}@{image.digest}",
        digest=image.digest,
        why=why,
    )


def _decide(
    image: Image, seen: Function, expected: Running | None
) -> tuple[Literal["keep", "update", "repair"], str]:
    if not seen.exists:
        return UPDATE, "the function does not exist"
    if seen.alias is None or seen.serves is None:
        return UPDATE, "the alias does not exist"
    if seen.alias.weights:
        return REPAIR, f"the alias sends a share of the requests to {sorted(seen.alias.weights)}"
    if seen.serves.digest == image.digest:
        return KEEP, "runs this digest"
    if expected and seen.alias.version != expected.version:
        return REPAIR, f"version {seen.alias.version} serves, {expected.version} was promoted"
    return UPDATE, "another digest"


def moved(made: Plan, now: Plan) -> tuple[str, ...]:
    """What differs between the environment that a plan was made of and the one that is there."""
    lines = []
    if made.ledger != now.ledger:
        lines.append(f"the ledger went on from entry {made.ledger} to {now.ledger}")
    if made.config != now.config:
        lines.append("delivery.toml changed")
    before = {each.name: each for each in made.observed}
    after = {each.name: each for each in now.observed}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            lines.append(f"{name}: {_shown(before.get(name))} then, {_shown(after.get(name))} now")
    if not lines and made.changes != now.changes:
        lines.append("what would be done differs")
    return tuple(lines)


def _shown(seen: Function | None) -> str:
    if seen is None or not seen.exists:
        return "no function"
    alias = f"version {seen.alias.version} ({seen.alias.revision})" if seen.alias else "no alias"
    latest = f", $LATEST ({seen.latest.revision})" if seen.latest else ""
    return f"{alias}{latest}"
