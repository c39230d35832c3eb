"""What a scenario is, and how an answer is held against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from monorepo.edits import Edit

# Globs of addresses.
ALL = ("base:image", "lambdas/*:image")
LAMBDAS = ("lambdas/*:image",)
NONE: tuple[str, ...] = ()
ANY_TEST = "*test*"
# It reads the very files that scenarios edit.
THE_TABLE = "tests/monorepo:affected"


@dataclass(frozen=True)
class Scenario:
    """An edit, and what it must and must not reach. All names are globs of addresses.

    `images` are exactly the images to be found: each glob must find some, all that it matches of
    the repository's, and no image is to be found but by them or by `tolerated`, which must have a
    `because`. `tests` must each find some, and no other test found may match `not_tests`.
    `everything` is a part of the reason why all is affected; without it the answer must be exact.
    `chain` is a part of some reason. `fails` is a part of what Pants says where it cannot load the
    repository at all. With `daemon_restarts` the edit is looked at from the other side. `first` is
    made and committed before, and asked about: what is compared with is a state that has it.
    """

    name: str
    edit: Edit
    images: tuple[str, ...] = NONE
    tests: tuple[str, ...] = ()
    not_tests: tuple[str, ...] = ()
    everything: str = ""
    chain: str = ""
    tolerated: tuple[str, ...] = ()
    because: str = ""
    fails: str = field(default="", kw_only=True)
    daemon_restarts: bool = field(default=False, kw_only=True)
    first: Edit | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        assert bool(self.tolerated) == bool(self.because), (
            f"{self.name}: tolerated without a reason"
        )


def complaints(scenario: Scenario, answer: Any, all_images: frozenset[str]) -> Iterator[str]:
    """What is wrong with an answer."""
    images = {found["address"] for found in answer["targets"] if found["kind"] == "image"}
    tests = {found["address"] for found in answer["targets"] if found["kind"] != "image"}
    reasons = " ".join(answer["everything"])
    if scenario.everything:
        if scenario.everything not in reasons:
            yield f"not everything because of {scenario.everything!r}, but: {reasons!r}"
        if all_images - images:
            yield f"everything, but not {sorted(all_images - images)}"
        return
    if reasons:
        yield f"everything, because {reasons}"
    wanted = {image for image in all_images if matches(image, scenario.images)}
    yield from (f"missed {image}" for image in sorted(wanted - images))
    yield from (
        f"found {image}"
        for image in sorted(images - wanted)
        if not matches(image, scenario.tolerated)
    )
    yield from (
        f"missed {glob}"
        for glob in scenario.tests + scenario.images
        if not any(fnmatchcase(found, glob) for found in tests | images)
    )
    yield from (
        f"found {test}"
        for test in sorted(tests)
        if matches(test, scenario.not_tests) and not matches(test, (*scenario.tests, THE_TABLE))
    )
    chains = " ".join(
        " › ".join((chain["change"]["what"], *chain["steps"]))
        for found in answer["targets"]
        for chain in found["chains"]
    )
    if scenario.chain not in chains:
        yield f"no reason says {scenario.chain!r}"


def matches(address: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(address, glob) for glob in globs)
