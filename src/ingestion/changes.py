"""Making a change of a product: whole or not at all, and never beside another one.

1. Read the head, and decide on it what the change is; that may refuse it.
2. Claim the head by compare-and-swap. From here on another change is refused with 409, until this
   one has committed or its invocation has run out of time. The same change, asked for again, is
   made beside the first, byte for byte the same.
3. Write the documents of the new version, its metadata last.
4. A major version takes over its tables' newest loads.
5. Commit: the head names the new version, by compare-and-swap. A major version takes over what has
   become the newest load since 4.

Stopped anywhere, the old version is the current one, and the same request again goes on. Who comes
between the steps and is faster is built on (1, 2), or it was the same change and is done (5).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion import major_version, objects, publishing, store
from ingestion.errors import Conflict
from ingestion.head import Head
from ingestion.schemas import ProductMetadata
from ingestion.store import Stored
from ingestion.versioning import Change, Step

_ATTEMPTS = 5

Decide = Callable[[Head], Change]
"""What the change is, of the head that there is; it may refuse."""


@dataclass(frozen=True)
class Made:
    """A change that was made, and its version's metadata."""

    change: Change
    metadata: ProductMetadata


def make(product: str, decide: Decide, until: datetime) -> Made:
    """Makes the change that is decided.

    `until` is when this invocation ends, whatever happens.
    """
    before, claimed, change = _claim(product, decide, until)
    old, new = before.metadata, claimed.head.made(change)
    if old and before.claim and before.claim.version == old.version != new.version:
        # The first table of the current version was begun there, and given up.
        store.write_documents(old, {}, None)
    for major in claimed.head.given_up:
        major_version.remove(product, major)
    store.write_documents(new, change.schemas, old)
    if not old or change.step is not Step.MAJOR:
        _commit(product, claimed, new)
        return Made(change, new)
    taken = major_version.newest_loads(old, change.carried)
    major_version.carry_over(taken, new)
    _commit(product, claimed, new)
    # What was loaded in between. A load that ends from here on sees the new version itself.
    for table, load in major_version.newest_loads(old, change.carried).items():
        for file in load if load != taken.get(table) else ():
            publishing.load(file, claimed.head.committed(new), is_new=True)
    return Made(change, new)


def _claim(product: str, decide: Decide, until: datetime) -> tuple[Head, Stored, Change]:
    for _ in range(_ATTEMPTS):
        found = store.read_head(product)
        before = found.head if found else Head(generation=uuid.uuid4().hex)
        change = decide(before)
        head = before.claimed(change, now(), until)
        try:
            return before, store.write_head(product, head, found), change
        except objects.Changed:
            # What has come between is built on.
            continue
    raise _too_many(product)


def _commit(product: str, claimed: Stored, new: ProductMetadata) -> None:
    stored, mine = claimed, claimed.head
    for _ in range(_ATTEMPTS):
        try:
            store.write_head(product, stored.head.committed(new), stored)
            return
        except objects.Changed:
            found = store.read_head(product)
        if not found or found.head.generation != mine.generation:
            break
        if found.head.metadata == new:
            # The same change, asked for twice, was faster; or an answer was lost on its way.
            return
        if not _is_claim_of(found.head, mine):
            break
        stored = found
    raise _too_many(product)


def _is_claim_of(head: Head, mine: Head) -> bool:
    return bool(
        head.claim
        and mine.claim
        and (head.claim.version, head.claim.change) == (mine.claim.version, mine.claim.change)
    )


def now() -> datetime:
    return datetime.now(UTC)


def _too_many(product: str) -> Conflict:
    return Conflict(
        f"others have changed data product {product} in the meantime; look at it and try again"
    )
