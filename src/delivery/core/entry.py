"""An entry of an environment's ledger: what was begun there, decided, or found.

An operation is a row of entries: `begun`, perhaps `moving`, perhaps `returning`, then `ended`. Each
is written under the next number, on condition that nobody has it, so exactly one writer decides how
an operation goes on, and any later command can read off what is left to do.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from delivery.core.errors import LedgerError
from delivery.core.invalid import first_problem

PAYLOAD_TYPE = "application/vnd.plinth.ledger-entry.v1+json"
# What the first entry names as the one before.
GENESIS = "0" * 64

ADOPTED: Final = "adopted"
BEGUN: Final = "begun"
MOVING: Final = "moving"
RETURNING: Final = "returning"
ENDED: Final = "ended"
VERIFIED: Final = "verified"
HELD: Final = "held"
Kind = Literal["adopted", "begun", "moving", "returning", "ended", "verified", "held"]

DONE: Final = "done"
RETURNED: Final = "returned"
ABANDONED: Final = "abandoned"
GOOD: Final = "good"
BAD: Final = "bad"
Outcome = Literal["done", "returned", "abandoned", "good", "bad"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleaseRef(_Model):
    """A release, and the sha256 of its record: an id alone could be written twice."""

    id: str
    commit: str
    record: str


class Running(_Model):
    """What an alias points to. `digest` is None for a function that runs no image.

    `revision` is the alias' own when it was last seen to point there: who has it may move the alias
    without asking, and is refused when it is not that any more.
    """

    version: str
    digest: str | None
    image: str | None = None
    revision: str | None = None

    def at(self, revision: str | None) -> Running:
        return self.model_copy(update={"revision": revision})


class Move(_Model):
    """An alias on its way: `before` is None where the alias does not exist yet."""

    name: str
    function: str
    before: Running | None
    after: Running


class Entry(_Model):
    """One entry. `previous` is the sha256 of the bytes before it, signature included.

    `functions` is what the environment's aliases point to from then on, by lambda; only an entry
    that settles it has it (`adopted`, and `ended` with `done`). `overrides` are reasons by gate.
    """

    format: Literal[1] = 1
    environment: str
    number: int = 0
    previous: str = GENESIS
    time: str = ""
    by: str
    kind: Kind
    verb: Literal["promote", "rollback", "adopt", "verify", "hold"]
    config: str
    release: ReleaseRef | None = None
    before: ReleaseRef | None = None
    plan: str | None = None
    canary: bool = False
    moves: tuple[Move, ...] = ()
    functions: dict[str, Running] | None = None
    outcome: Outcome | None = None
    reason: str = ""
    overrides: dict[str, str] = {}

    def dump(self) -> bytes:
        """What is signed."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def parse(payload: bytes, origin: str) -> Entry:
    """The entry in a payload whose signature was checked. Raises `LedgerError`."""
    try:
        return Entry.model_validate_json(payload)
    except ValidationError as error:
        raise LedgerError(
            f"{origin} is signed, but no ledger entry of this version ({first_problem(error)})."
        ) from error


def sha256(data: bytes) -> str:
    """The hash by which entries and plans are named."""
    return hashlib.sha256(data).hexdigest()
