"""The instructions that make layers, with their variables replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerStep:
    """An instruction that puts something into the image's file tree.

    `destination` is absolute, with a slash at its end when the Dockerfile has one. `owner` is a
    user and perhaps a group, by name or number (`app`, `app:staff`, `10:20`), or empty for root.
    `mode` is what `--chmod` gives: `0644`, or changes such as `u+x`; empty for the usual.
    """

    where: str
    keyword: str
    sources: tuple[str, ...]
    destination: str
    owner: str = ""
    mode: str = ""

    @property
    def at(self) -> str:
        """Its line, when that is known, and its keyword: what a message about it begins with."""
        return f"{self.where}: {self.keyword}" if self.where else self.keyword

    def to_json(self) -> dict[str, Any]:
        """The step as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LayerStep:
        """The inverse of `to_json`."""
        return cls(**{**value, "sources": tuple(value["sources"])})
