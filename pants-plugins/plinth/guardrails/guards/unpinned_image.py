"""An image from outside that is named by something that can move."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.readable import readable
from plinth.guardrails.repository import Repository
from plinth.guardrails.stages import External, externals


def judge(repository: Repository) -> Iterator[Sighting]:
    for image in readable(repository.images):
        for found in externals(image):
            if not found.is_pinned:
                yield Sighting(
                    image.path,
                    image.line(found.line),
                    found.name,
                    f"{found.place} takes {found.name}, {_what(found)}",
                    _fix(found),
                )


def _what(found: External) -> str:
    if found.unknown:
        return f"and which image that is cannot be told: {found.unknown}"
    return "which is not pinned by digest: every build may get other bytes"


def _fix(found: External) -> str:
    name, at, _ = found.name.partition("@")
    if found.unknown or "$" in name:
        return "Write the image itself, as repository@sha256:… with all 64 characters."
    if at:
        return f"Write {name}@sha256:… with all 64 characters of the digest."
    return f"Write {name}@sha256:…; `docker buildx imagetools inspect {name}` prints the digest."


GUARD = Guard(
    "unpinned-image",
    "An image from outside that is not pinned by digest",
    "A tag moves. The same commit then builds other bytes, and nobody reviewed them.",
    judge,
)
