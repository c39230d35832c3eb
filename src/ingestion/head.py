"""The head of a product: the one document by whose replacement every change of it commits.

Here is what it says and what it may become; nothing is written. A change claims the head, writes
the version that the claim names, and commits, each by compare-and-swap (`ingestion.changes`).
"""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime

from ingestion import versioning
from ingestion.errors import Conflict, NotFound
from ingestion.names import FIRST_VERSION, Version
from ingestion.schemas import Document, ProductMetadata
from ingestion.versioning import Change, Step


class Claim(Document):
    """A change that is being made: what, into which version, and when its maker has ended.

    `until` is when the last invocation that is at work on it has run out of time. `shared` tells
    that there was more than one.
    """

    version: str
    change: str
    moment: AwareDatetime
    until: AwareDatetime
    shared: bool = False


class Head(Document):
    """What a product is now. It is registered once it has metadata, and until it is being deleted.

    `generation` is of one registration. `earlier` are the newest versions of the major versions
    before this one, `highest_major` the highest that was ever claimed: a number that a change was
    given is no other change's. `twin_until` is when the last of several makers of one change ends.
    """

    generation: str
    metadata: ProductMetadata | None = None
    earlier: tuple[str, ...] = ()
    highest_major: int = 0
    claim: Claim | None = None
    twin_until: AwareDatetime | None = None
    is_being_deleted: bool = False

    @property
    def is_there(self) -> bool:
        """Whether there is such a product, for all but who deletes it."""
        return self.metadata is not None and not self.is_being_deleted

    def current(self, product: str) -> ProductMetadata:
        """The metadata of the current version; `NotFound` when there is none."""
        if self.metadata is None or self.is_being_deleted:
            raise NotFound(f"data product {product} is not registered")
        return self.metadata

    def newest_of(self, product: str, major: int) -> Version:
        """The newest version of one major version; `NotFound` when there is no such."""
        current = self.current(product).parsed_version
        for version in (current, *map(Version.parse, self.earlier)):
            if version.major == major:
                return version
        raise NotFound(f"data product {product} is not registered in major version {major}")

    @property
    def given_up(self) -> tuple[int, ...]:
        """The major versions that were claimed and never made, before that of the claim."""
        made = self.metadata.parsed_version.major if self.metadata else 0
        claimed = Version.parse(self.claim.version).major if self.claim else 0
        return tuple(n for n in range(made + 1, self.highest_major + 1) if n != claimed)

    def claimed(self, change: Change, now: datetime, until: datetime) -> Head:
        """The head with the claim of this change; the claim of the same change is shared.

        `Conflict` while the maker of another change may be at work.
        """
        claim = self.claim
        if claim and claim.change == change.digest:
            shared = claim.model_copy(update={"until": max(claim.until, until), "shared": True})
            return self.model_copy(update={"claim": shared})
        if claim and now < claim.until:
            raise _at_work(change.details.name, claim.until)
        version = self._next(change.step)
        claim = Claim(version=str(version), change=change.digest, moment=now, until=until)
        highest = max(self.highest_major, version.major)
        return self.model_copy(update={"claim": claim, "highest_major": highest})

    def _next(self, step: Step) -> Version:
        if self.metadata is None:
            return FIRST_VERSION
        current = self.metadata.parsed_version
        if step is Step.MAJOR:
            return Version(max(current.major, self.highest_major) + 1, 0)
        return current.next_minor() if step is Step.MINOR else current

    def made(self, change: Change) -> ProductMetadata:
        """The metadata of the claimed version."""
        assert self.claim
        return versioning.version_of(
            change.details,
            Version.parse(self.claim.version),
            change.tables,
            self.metadata.creation_date if self.metadata else self.claim.moment,
            self.claim.moment,
        )

    def committed(self, metadata: ProductMetadata) -> Head:
        """The head once the claimed version is the current one."""
        assert self.claim
        earlier = self.earlier
        if self.metadata and self.metadata.parsed_version.major < metadata.parsed_version.major:
            earlier = (self.metadata.version, *earlier)
        return self.model_copy(
            update={
                "metadata": metadata,
                "earlier": earlier,
                "claim": None,
                "twin_until": self.claim.until if self.claim.shared else self.twin_until,
            }
        )

    def deleting(self, product: str, now: datetime) -> Head:
        """The head of a product that is being deleted, from which there is no way back.

        `Conflict` while the maker of a change may be at work: it would write after the deletion.
        """
        ends = [self.claim.until] if self.claim else []
        ends += [self.twin_until] if self.twin_until else []
        if ends and now < max(ends):
            raise _at_work(product, max(ends))
        return self.model_copy(update={"is_being_deleted": True, "claim": None})


def _at_work(product: str, until: datetime) -> Conflict:
    return Conflict(
        f"another change of data product {product} is being made, or was interrupted; "
        f"try again after {until:%H:%M:%S} UTC"
    )
