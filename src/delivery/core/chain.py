"""The chain of an environment's entries: nothing removed, altered, reordered or put in.

The end of a chain cannot vouch for itself: whoever deletes the newest entries leaves a shorter
sound chain. So each alias that is moved carries the entry that moved it in its description (its
`anchor`), and a ledger that is shorter than an anchor is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery.core.config import utc
from delivery.core.entry import GENESIS, Entry, sha256
from delivery.core.errors import LedgerError

_ANCHOR = re.compile(r"ledger (?P<number>[0-9]+) (?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True)
class Stored:
    """An entry with the bytes that were stored, and when its signer was retired, if ever."""

    entry: Entry
    data: bytes
    retired: datetime | None = None

    @property
    def sha256(self) -> str:
        return sha256(self.data)


@dataclass(frozen=True)
class Head:
    """The newest entry: what the next one must name. Number 0 stands for an empty ledger."""

    number: int = 0
    sha256: str = GENESIS
    time: str = ""


@dataclass(frozen=True)
class Anchor:
    """An entry, as an alias' description names it."""

    number: int
    sha256: str

    def __str__(self) -> str:
        return f"ledger {self.number} {self.sha256}"


def anchor_of(description: str) -> Anchor | None:
    """The anchor in an alias' description, if there is one."""
    found = _ANCHOR.search(description)
    return Anchor(int(found["number"]), found["sha256"]) if found else None


def head_of(chain: Sequence[Stored]) -> Head:
    if not chain:
        return Head()
    last = chain[-1]
    return Head(last.entry.number, last.sha256, last.entry.time)


def check_numbers(environment: str, numbers: Iterable[int]) -> None:
    """Raises `LedgerError` unless the numbers that are stored are 1, 2, 3 …"""
    for expected, number in enumerate(sorted(numbers), 1):
        if number != expected:
            raise LedgerError(
                f"The ledger of {environment} has a hole: entry {expected} is missing, "
                f"{number} is there. Bring it back from the bucket's versions; until then "
                "nothing is promoted or rolled back here."
            )


def check_chain(environment: str, chain: Sequence[Stored]) -> None:
    """Raises `LedgerError` for the first entry that does not follow from the one before it."""
    head = Head()
    for stored in chain:
        for wrong in _wrong(environment, stored, head):
            raise LedgerError(
                f"The ledger of {environment} was changed at entry {head.number + 1}: {wrong}. "
                "Compare it with the bucket's versions; until then nothing is promoted or "
                "rolled back here."
            )
        head = Head(stored.entry.number, stored.sha256, stored.entry.time)


def check_anchors(environment: str, chain: Sequence[Stored], anchors: Iterable[Anchor]) -> None:
    """Raises `LedgerError` where an alias names an entry that the ledger has not, or otherwise."""
    for anchor in anchors:
        if anchor.number > len(chain) or chain[anchor.number - 1].sha256 != anchor.sha256:
            raise LedgerError(
                f"The ledger of {environment} lacks entry {anchor.number} "
                f"(sha256 {anchor.sha256[:12]}…), by which an alias was moved: its newest entries "
                "were removed or replaced. Bring them back from the bucket's versions."
            )


def _wrong(environment: str, stored: Stored, head: Head) -> Iterable[str]:
    entry = stored.entry
    if entry.environment != environment:
        yield f"it belongs to {entry.environment}"
    if entry.number != head.number + 1:
        yield f"it calls itself entry {entry.number}"
    if entry.previous != head.sha256:
        yield f"it follows {entry.previous[:12]}…, and the entry before it is {head.sha256[:12]}…"
    if head.time and utc(entry.time) < utc(head.time):
        yield f"it was made at {entry.time}, before the entry before it ({head.time})"
    if stored.retired and utc(entry.time) > stored.retired:
        yield f"its key was retired on {stored.retired.isoformat()}, before it was made"
