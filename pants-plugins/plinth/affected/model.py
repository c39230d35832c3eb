"""What a change reaches, as values: what detection answers and what every format prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What an affected target is to the one who acts on it."""

    IMAGE = "image"
    # What is deployed as one, with its images by digest.
    APPLICATION = "application"
    TEST = "test"
    # A test that runs an image, so it waits for one.
    CONTAINER_TEST = "container test"


TESTS = (Kind.TEST, Kind.CONTAINER_TEST)


@dataclass(frozen=True, order=True)
class Change:
    """One thing that differs from the base commit.

    `path` is the file in the repository that says so, "" when none does. `what` is for people:
    ``boto3 1.34.0 → 1.35.0``, ``edited``, ``deleted``, ``mode 644 → 755``.
    """

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.what} ({self.path})" if self.path else self.what


@dataclass(frozen=True, order=True)
class Chain:
    """Why a target is affected: a change, and the way from it to the target.

    `steps` are target addresses and the like, each of which depends on the one before. The last is
    the affected target.
    """

    change: Change
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return " › ".join((str(self.change), *self.steps))


@dataclass(frozen=True)
class Affected:
    """An image, an application or a test that a change reaches.

    Targets of one `wave` do not need each other, and need only those of earlier waves. `wave`
    counts from 0. `chains` are the reasons, the shortest first, one for each change at most; there
    is none where everything is affected.
    """

    target: str
    kind: Kind
    wave: int
    chains: tuple[Chain, ...] = ()


@dataclass(frozen=True)
class Unaffected:
    """How many the repository has that the change does not reach."""

    images: int = 0
    tests: int = 0


@dataclass(frozen=True)
class Answer:
    """What is affected by all that differs between a commit and the working tree.

    `since` is the ref as it was asked for, `base` the commit that was compared with, "" when it
    could not be had. `everything` holds the reasons why all targets are affected, and is empty
    where the answer is exact. `targets` are sorted by wave, then address. `edges` are pairs of
    affected targets, of which the second needs the first.
    """

    since: str
    base: str
    changes: tuple[Change, ...]
    everything: tuple[str, ...]
    targets: tuple[Affected, ...]
    edges: tuple[tuple[str, str], ...]
    unaffected: Unaffected = Unaffected()

    @property
    def waves(self) -> tuple[tuple[Affected, ...], ...]:
        """The targets, one tuple for each wave, in order."""
        count = 1 + max((target.wave for target in self.targets), default=-1)
        return tuple(
            tuple(target for target in self.targets if target.wave == wave) for wave in range(count)
        )
