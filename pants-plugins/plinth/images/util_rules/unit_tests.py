"""The unit tests of what an image holds: of its own code, and for a base of its library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.target_types import DockerImageSourceField
from pants.core.goals.test import RuntimePackageDependenciesField, TestRequest
from pants.engine.addresses import Address
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Dependencies,
    DependenciesRequest,
    SingleSourceField,
    Tags,
    Target,
    Targets,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.images.util_rules import test_results
from plinth.images.util_rules.test_results import Passed, PassedRequest
from plinth.layers.target_types import PythonLayerTarget
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest

TAG = "container"
"""The tag of a target that tests a container, and does not only need an image for something."""


@dataclass(frozen=True)
class HeldRequest:
    """Which first-party files does the image at `address` hold?"""

    address: Address


@dataclass(frozen=True)
class Held:
    """Their paths in the repository, those of the images below aside; and these images."""

    files: frozenset[str]
    below: frozenset[Address]


@dataclass(frozen=True)
class UnitTestsRequest:
    """The unit tests of all images."""


@dataclass(frozen=True)
class UnitTests:
    """The test targets of each image, by its address, in order of theirs."""

    of: FrozenDict[Address, tuple[Target, ...]]


@dataclass(frozen=True)
class UnitTestedRequest:
    """Did the unit tests of what the image at `address` holds pass?"""

    __test__ = False

    address: Address


@dataclass(frozen=True)
class UnitTested:
    """The tests that were asked, and what is wrong; `problem` is empty when all passed."""

    __test__ = False

    tests: tuple[str, ...]
    problem: str


@rule(level=LogLevel.DEBUG)
async def held(request: HeldRequest) -> Held:
    """The first-party files in an image's own layers, and the images that it stands on."""
    found = await Get(TransitiveTargets, TransitiveTargetsRequest([request.address]))
    images = [each.address for each in found.dependencies if each.has_field(DockerImageSourceField)]
    closures = await MultiGet(
        Get(TransitiveTargets, TransitiveTargetsRequest([image])) for image in images
    )
    below = {target.address for each in closures for target in each.closure}
    layers = [
        target
        for target in found.dependencies
        if isinstance(target, PythonLayerTarget) and target.address not in below
    ]
    contents = await MultiGet(Get(LayerContent, LayerContentRequest(layer)) for layer in layers)
    files = (file.source for content in contents for file in content.first_party)
    return Held(frozenset(files), frozenset(images))


def _is_unit_test(target: Target, members: UnionMembership) -> bool:
    """Whether it is a test that needs no image."""
    needs = target.get(RuntimePackageDependenciesField).value
    kinds = members.get(TestRequest)
    return (
        not needs
        and TAG not in (target.get(Tags).value or ())
        and any(kind.field_set_type.is_applicable(target) for kind in kinds)
    )


@rule(desc="Finding the unit tests of images", level=LogLevel.DEBUG)
async def find_unit_tests(
    request: UnitTestsRequest, targets: AllTargets, members: UnionMembership
) -> UnitTests:
    """The unit tests of each image: those that import a file which it holds, and no image above
    does.
    """
    ordered = sorted(targets, key=lambda target: target.address)
    images = [each.address for each in ordered if each.has_field(DockerImageSourceField)]
    tests = [each for each in ordered if _is_unit_test(each, members)]
    holding = await MultiGet(Get(Held, HeldRequest(image)) for image in images)
    direct = await MultiGet(
        Get(Targets, DependenciesRequest(test.get(Dependencies))) for test in tests
    )
    found: dict[Address, list[Target]] = {}
    for test, needed in zip(tests, direct):
        files = {t[SingleSourceField].file_path for t in needed if t.has_field(SingleSourceField)}
        of = {image: each for image, each in zip(images, holding) if files & each.files}
        below = {image for each in of.values() for image in each.below}
        # A lambda's tests use the library too: they are the lambda's, and not the base's.
        for image in of.keys() - below:
            found.setdefault(image, []).append(test)
    return UnitTests(FrozenDict({image: tuple(tests) for image, tests in found.items()}))


@rule(desc="Asking for unit tests", level=LogLevel.DEBUG)
async def whether_unit_tested(request: UnitTestedRequest) -> UnitTested:
    """Whether all unit tests of an image passed."""
    tests = (await Get(UnitTests, UnitTestsRequest())).of.get(request.address, ())
    passed = await MultiGet(Get(Passed, PassedRequest(test)) for test in tests)
    return UnitTested(
        tuple(test.address.spec for test in tests),
        "; ".join(filter(None, (each.problem for each in passed))),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *test_results.rules()]
