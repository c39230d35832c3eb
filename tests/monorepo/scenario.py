"""What a scenario is, and how an answer is held against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from monorepo.edits import Edit

# Globs of addresses.
ALL = ("base:image", "lambdas/*:image")
LAMBDAS = ("lambdas/*:image",)
NONE: tuple[str, ...] = ()
ANY_TEST = "*test*"
# It reads the very files that scenarios edit.
THE_TABLE = "tests/monorepo:affected_*"
# What all lambdas are made into, and the tests of that: whoever edits one of them runs these.
APPLICATION = "lambdas:api"
OF_THE_APPLICATION = (
    APPLICATION,
    "tests/pipeline:application",
    "tests/sam/template_test.py:tests",
)


@dataclass(frozen=True)
class Scenario:
    """An edit, and what it must and must not reach. All names are globs of addresses.

    `images` are exactly the images to be found: each glob must find some, all that it matches of
    the repository's, and no image is to be found but by them or by `tolerated`, which must have a
    `because`. `tests` must each find some, and no other test found may match `not_tests`.
    `everything` is a part of the reason why all is affected; without it the answer must be exact.
    `chain` is a part of some reason. `fails` is a part of what Pants says where it cannot load the
    repository at all. `first` is made and committed before, and asked about: what is compared with
    is a state that has it.
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
    first: Edit | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        assert bool(self.tolerated) == bool(self.because), (
            f"{self.name}: tolerated without a reason"
        )


@dataclass(frozen=True)
class Together:
    """Edits of what Pants starts anew for: a start serves several, made at once.

    They are told apart by their reasons. A scenario's `chain` is a part of a reason for all that it
    reaches, and of no reason for what only another reaches. One without a `chain` reaches nothing.
    """

    name: str
    scenarios: tuple[Scenario, ...]

    def edit(self, root: Path) -> None:
        for scenario in self.scenarios:
            scenario.edit(root)

    def complaints(self, answer: Any, all_images: frozenset[str]) -> Iterator[str]:
        """What is wrong with an answer."""
        if len(self.scenarios) == 1:
            yield from complaints(self.scenarios[0], answer, all_images)
            return
        claimed: set[str] = set()
        for scenario in self.scenarios:
            own = [found for found in answer["targets"] if _is_reached_by(scenario, found)]
            claimed.update(found["address"] for found in own)
            for complaint in complaints(scenario, {**answer, "targets": own}, all_images):
                yield f"{scenario.name}: {complaint}"
        yield from (
            f"found {found['address']} for no reason of theirs: {_chains([found])}"
            for found in answer["targets"]
            if found["address"] not in claimed and not matches(found["address"], (THE_TABLE,))
        )


def _is_reached_by(scenario: Scenario, found: Any) -> bool:
    return bool(scenario.chain) and scenario.chain in _chains([found])


def complaints(scenario: Scenario, answer: Any, all_images: frozenset[str]) -> Iterator[str]:
    """What is wrong with an answer."""
    found_images = images(answer)
    tests = {found["address"] for found in answer["targets"] if found["kind"] != "image"}
    reasons = " ".join(answer["everything"])
    if scenario.everything:
        if scenario.everything not in reasons:
            yield f"not everything because of {scenario.everything!r}, but: {reasons!r}"
        if all_images - found_images:
            yield f"everything, but not {sorted(all_images - found_images)}"
        return
    if reasons:
        yield f"everything, because {reasons}"
    wanted = {image for image in all_images if matches(image, scenario.images)}
    yield from (f"missed {image}" for image in sorted(wanted - found_images))
    if any(matches(image, LAMBDAS) for image in found_images) and APPLICATION not in tests:
        yield f"missed {APPLICATION}, which is made of the lambdas"
    yield from (
        f"found {image}"
        for image in sorted(found_images - wanted)
        if not matches(image, scenario.tolerated)
    )
    yield from (
        f"missed {glob}"
        for glob in scenario.tests + scenario.images
        if not any(fnmatchcase(found, glob) for found in tests | found_images)
    )
    expected = (*scenario.tests, THE_TABLE)
    if APPLICATION in tests:
        expected += OF_THE_APPLICATION
    yield from (
        f"found {test}"
        for test in sorted(tests)
        if matches(test, scenario.not_tests) and not matches(test, expected)
    )
    if scenario.chain not in _chains(answer["targets"]):
        yield f"no reason says {scenario.chain!r}"


def _chains(targets: Iterable[Any]) -> str:
    """All reasons, a line each."""
    return "\n".join(
        " › ".join((f"{chain['change']['path']} {chain['change']['what']}", *chain["steps"]))
        for found in targets
        for chain in found["chains"]
    )


def images(answer: Any) -> set[str]:
    return {found["address"] for found in answer["targets"] if found["kind"] == "image"}


def images_of(root: Path) -> frozenset[str]:
    """All images, by this repository's own convention: one for each lambda, and the base.

    Not asked of Pants, so that the answer is held against something else.
    """
    lambdas = (path.parent.name for path in root.glob("lambdas/*/BUILD"))
    others = {"base:image"}
    if 'name="other"' in (root / "base/BUILD").read_text():
        others.add("base:other")
    return frozenset(others.union(f"lambdas/{name}:image" for name in lambdas))


def matches(address: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(address, glob) for glob in globs)
