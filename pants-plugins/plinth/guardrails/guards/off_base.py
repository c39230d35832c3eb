"""A lambda's image that stands on something else than the shared base."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Image, Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    by_address = {image.address: image for image in repository.images if image.address}
    for image in repository.images:
        if image.is_lambda and not _stands_on(image, repository.base, by_address):
            yield Sighting(
                image.path,
                0,
                image.address or image.path,
                f"the image of a lambda does not stand on {repository.base}",
                f"Begin it with `ARG BASE={repository.base}` and `FROM $BASE`, or declare it with "
                "`lambda_function(…)`.",
            )


def _stands_on(image: Image, base: str, by_address: dict[str, Image]) -> bool:
    seen: set[str] = set()
    at: Image | None = image
    while at and at.base and at.base not in seen:
        if at.base == base:
            return True
        seen.add(at.base)
        at = by_address.get(at.base)
    return False


GUARD = Guard(
    "off-base",
    "A lambda's image that does not stand on the base",
    "A change of the base, such as a security update of its runtime, does not reach it.",
    judge,
)
