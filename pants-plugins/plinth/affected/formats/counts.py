"""How many of what, in words."""

from __future__ import annotations

from collections.abc import Iterable

from plinth.affected.model import TESTS, Affected, Answer, Kind


def counted(number: int, noun: str) -> str:
    """``1 image``, ``3 images``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(targets: Iterable[Affected]) -> str:
    """``2 images, 3 tests, 1 container test``; what there is none of is left out."""
    kinds = [target.kind for target in targets]
    return ", ".join(counted(kinds.count(kind), kind.value) for kind in Kind if kind in kinds)


def affected_images(answer: Answer) -> int:
    return sum(target.kind is Kind.IMAGE for target in answer.targets)


def affected_tests(answer: Answer) -> int:
    """Those that need an image too."""
    return sum(target.kind in TESTS for target in answer.targets)


def headline(answer: Answer) -> str:
    """``3 of 16 images and 12 of 214 tests are affected since main (3f2a91c8).``"""
    images, tests = affected_images(answer), affected_tests(answer)
    base = f" ({answer.base[:8]})" if answer.base else ""
    return (
        f"{images} of {counted(images + answer.unaffected.images, 'image')} and "
        f"{tests} of {counted(tests + answer.unaffected.tests, 'test')} are affected "
        f"since {answer.since}{base}."
    )
