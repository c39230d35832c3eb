"""The fingerprint of an image: a hash of all that determines its bytes, as a list of parts.

docs/fingerprint.md says what is a part and what is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plinth.fingerprint.part import Part as Part
from plinth.oci.format.descriptor import canonical_json

FORMAT = 1
"""The version of the document that is hashed: of its form, and of what is a part."""


@dataclass(frozen=True)
class ImageFingerprint:
    """What determines the image at `address`, and `value`, the sha256 of it in 64 hexadecimals.

    `base` is the address of the target below it, if there is one. `reasons` say why the parts do
    not determine the image's bytes to the last; then an equal fingerprint promises no equal digest.
    `may_be_unlocked` tells that this machine may replace packages that Debian dropped, so that what
    it makes may be another image: its `AssembledImage.unlocked` tells whether it is.
    """

    address: str
    value: str
    parts: tuple[Part, ...]
    base: str | None = None
    reasons: tuple[str, ...] = ()
    may_be_unlocked: bool = False

    @property
    def reproducible(self) -> bool:
        """Whether an equal fingerprint means an equal digest."""
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """The fingerprint as a JSON object."""
        return {
            "address": self.address,
            "fingerprint": self.value,
            "base": self.base,
            "reproducible": self.reproducible,
            "reasons": list(self.reasons),
            "may_be_unlocked": self.may_be_unlocked,
            "parts": [part._asdict() for part in self.parts],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ImageFingerprint:
        """The inverse of `to_json`. Raises `KeyError` or `TypeError` for anything else."""
        return cls(
            address=value["address"],
            value=value["fingerprint"],
            parts=tuple(Part(**part) for part in value["parts"]),
            base=value["base"],
            reasons=tuple(value["reasons"]),
            may_be_unlocked=value["may_be_unlocked"],
        )


@dataclass(frozen=True)
class Change:
    """A part that is not the same in two fingerprints; None for the one that lacks it."""

    title: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.title}: added, {self.after}"
        if self.after is None:
            return f"{self.title}: removed, {self.before}"
        return f"{self.title}: {self.before} -> {self.after}"


def fingerprint(parts: Iterable[Part]) -> str:
    """The sha256, in hexadecimals, of the canonical document of the parts, in whatever order.

    Raises `ValueError` when two parts have one key: which of them counts would not be known.
    """
    listed = sorted(parts)
    for one, other in zip(listed, listed[1:]):
        if one.key == other.key:
            raise ValueError(f"two parts are {one.title}: {one.value} and {other.value}")
    document = {"format": FORMAT, "parts": [[*part.key, part.value] for part in listed]}
    return hashlib.sha256(canonical_json(document)).hexdigest()


def changes(before: Iterable[Part], after: Iterable[Part]) -> Iterator[Change]:
    """The parts that differ, in order of their keys."""
    old = {part.key: part for part in before}
    new = {part.key: part for part in after}
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was != now:
            title = (now or was or Part("", "", "", "")).title
            yield Change(title, was.value if was else None, now.value if now else None)


def of_unlocked(value: str, packages: Iterable[str]) -> str:
    """The fingerprint of an image that holds `packages` in place of those that its lock names.

    It is not the locked image's, so a tag made of it takes none that the locked image may need.
    `packages` are the lines of `AssembledImage.unlocked`; without any, it is `value` itself.
    """
    lines = sorted(packages)
    if not lines:
        return value
    return hashlib.sha256(canonical_json({"fingerprint": value, "unlocked": lines})).hexdigest()
