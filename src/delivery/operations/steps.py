"""An operation's steps in the ledger: begun → moving → ended, or begun → … → returning → ended.

    begun      the environment is ours; versions are made and tried, nothing that serves changes
    moving     all have passed; from here on the aliases move
    returning  a move failed; the aliases go back
    ended      done, returned, or abandoned before anything had moved

Every step is written on condition that nobody has written another, so a command that comes after a
crash, or that took over, cannot both finish and undo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from delivery.core import entry as e
from delivery.core.chain import Anchor, Head
from delivery.core.config import Environment
from delivery.core.entry import Entry, Move, Running
from delivery.operations.delivery import Delivery


@dataclass
class Operation:
    """An operation that is under way: `begun` is its first entry, `head` the newest."""

    delivery: Delivery
    environment: Environment
    begun: Entry
    head: Head
    moving: Head | None = field(default=None)

    @property
    def anchor(self) -> str:
        """What an alias' description says of the entry that moved it."""
        head = self.moving or self.head
        release = self.begun.release.id if self.begun.release else "adopted"
        return f"{release}, {Anchor(head.number, head.sha256)}"

    def start_moving(self, moves: Iterable[Move]) -> None:
        self._append(e.MOVING, moves=tuple(moves))
        self.moving = self.head

    def start_returning(self, moves: Iterable[Move], reason: str) -> None:
        self._append(e.RETURNING, moves=tuple(moves), reason=reason)

    def end(self, functions: dict[str, Running], reason: str = "") -> Entry:
        """Everything moved: the environment runs `functions`."""
        return self._append(e.ENDED, outcome=e.DONE, functions=functions, reason=reason)

    def give_up(self, outcome: e.Outcome, reason: str) -> Entry:
        """Nothing that serves is other than before."""
        return self._append(e.ENDED, outcome=outcome, reason=reason)

    def _append(self, kind: e.Kind, **more: Any) -> Entry:
        draft = draft_of(self.delivery, self.environment, kind, self.begun.verb).model_copy(
            update={"release": self.begun.release, "before": self.begun.before, **more}
        )
        written, self.head = self.delivery.ledger.append(draft, self.head)
        return written


def begin(delivery: Delivery, environment: Environment, draft: Entry, head: Head) -> Operation:
    """Takes the environment. Raises `Taken` when somebody else has."""
    begun, head = delivery.ledger.append(draft, head)
    return Operation(delivery, environment, begun, head)


def draft_of(delivery: Delivery, environment: Environment, kind: e.Kind, verb: Any) -> Entry:
    """An entry of ours, to be filled in."""
    return Entry(
        environment=environment.name,
        by=delivery.by,
        kind=kind,
        verb=verb,
        config=delivery.config.digest,
    )
