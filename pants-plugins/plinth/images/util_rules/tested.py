"""Whether an image's tests passed on the very bytes that are about to be published.

Nothing is believed that was written down beside the image. The tests are asked for, as `./pants
test` asks for them: their process is given the image's layout, so a result that Pants has in its
cache is of exactly these bytes, and where there is none the tests run. Only for a machine that
cannot run them, `[image-tests].records` names the records of one that could, which hold for the
digest they name and for no other.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.package_types import BuiltDockerImage
from pants.backend.docker.target_types import DockerImageSourceField
from pants.base.build_root import BuildRoot
from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.core.goals.test import RuntimePackageDependenciesField
from pants.engine.addresses import Address, UnparsedAddressInputs
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.internals.session import RunId
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Tags,
    Target,
    Targets,
    TransitiveTargets,
    TransitiveTargetsRequest,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.strutil import softwrap

from plinth.images.fingerprint import ImageFingerprint
from plinth.images.target_types import ImagePackageFieldSet
from plinth.images.tested import SUFFIX, parse_record
from plinth.images.util_rules import unit_tests
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.image import ImageAssembly, ImageRequest
from plinth.images.util_rules.test_results import Passed, PassedRequest
from plinth.images.util_rules.unit_tests import TAG, UnitTested, UnitTestedRequest


class ImageTestsSubsystem(Subsystem):
    options_scope = "image-tests"
    help = "The container tests of images, which decide what may be published."

    records = StrOption(
        default=None,
        metavar="<folder>",
        help=softwrap(
            f"""
            A folder with the `*{SUFFIX}` files that `./pants tested` wrote where the tests ran, at
            the same paths as below `dist/`. The tests are then not run here: an image counts as
            tested if its record names the digest that this run makes.
            """
        ),
    )


@dataclass(frozen=True)
class TestedImageRequest(EngineAwareParameter):
    """Did the tests of the `docker_image` at `address` pass on what it is now?

    These are its container tests, and the unit tests of the first-party code that it holds.
    """

    __test__ = False

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class TestedImage:
    """What is known of the tests of the image with `digest`, made of what `fingerprint` is of.

    `passed` holds for this digest and for no other: who publishes compares it with what is pushed.
    `problem` says why it is not so, and what to do; it is empty for one that passed. For an image
    that Docker builds, `digest` is its id in this machine's engine: the registry will know it by
    another one.
    """

    __test__ = False

    passed: bool
    digest: str
    fingerprint: str
    tests: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class ContainerTestsRequest:
    """The container tests of all images."""


@dataclass(frozen=True)
class ContainerTests:
    """The test targets of each image, by its address, in order of theirs."""

    of: FrozenDict[Address, tuple[Target, ...]]


async def _is_of(test: Target) -> Address | None:
    """The image that a test is of: the one that it names, its bases aside; None if it names more.

    A test of several images together does not decide on each: it would stop those that are well.
    """
    field = test.get(RuntimePackageDependenciesField)
    named = await Get(Targets, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    images = [target.address for target in named if target.has_field(DockerImageSourceField)]
    closures = await MultiGet(
        Get(TransitiveTargets, TransitiveTargetsRequest([image])) for image in images
    )
    below = {target.address for found in closures for target in found.dependencies}
    on_top = [image for image in images if image not in below]
    return on_top[0] if len(on_top) == 1 else None


@rule(desc="Finding the container tests", level=LogLevel.DEBUG)
async def find_container_tests(
    request: ContainerTestsRequest, targets: AllTargets
) -> ContainerTests:
    """The container tests of each image."""
    found: dict[Address, list[Target]] = {}
    for target in sorted(targets, key=lambda target: target.address):
        if TAG in (target.get(Tags).value or ()):
            image = await _is_of(target)
            if image:
                found.setdefault(image, []).append(target)
    return ContainerTests(FrozenDict({image: tuple(tests) for image, tests in found.items()}))


@dataclass(frozen=True)
class ImageIdRequest:
    """What is the image at `address`, once it is there?"""

    address: Address


@dataclass(frozen=True)
class ImageId:
    """Its digest, or its id in Docker's engine where Docker built it; and its path in `dist/`."""

    digest: str
    path: str


@rule
async def identify_image(request: ImageIdRequest) -> ImageId:
    """What says for certain which image this is: its digest, or Docker's id."""
    assembly, wrapped = await MultiGet(
        Get(ImageAssembly, ImageRequest(request.address)),
        Get(
            WrappedTarget,
            WrappedTargetRequest(request.address, description_of_origin="<infallible>"),
        ),
    )
    field_set = DockerPackageFieldSet.create(wrapped.target)
    path = field_set.output_path.value_or_default(file_ending=None)
    if assembly.image:
        return ImageId(assembly.image.digest, path)
    package = await Get(BuiltPackage, PackageFieldSet, ImagePackageFieldSet.create(wrapped.target))
    (image,) = (each for each in package.artifacts if isinstance(each, BuiltDockerImage))
    return ImageId(image.image_id, path)


@dataclass(frozen=True)
class RecordRequest:
    """The text of the record at `path`, from the build root."""

    path: str


@dataclass(frozen=True)
class Record:
    """Its text, or None where there is no such file."""

    text: str | None


@rule
async def read_record(request: RecordRequest, build_root: BuildRoot, run_id: RunId) -> Record:
    """The text of a record that another job left, if it is there."""
    # Read directly, once in each run: `dist/` is hidden from Pants' own file system.
    path = Path(build_root.path, request.path)
    return Record(path.read_text(encoding="utf-8") if path.is_file() else None)


async def _by_record(address: Address, image: ImageId, value: str, folder: str) -> TestedImage:
    path = os.path.join(folder, f"{image.path}{SUFFIX}")
    text = (await Get(Record, RecordRequest(path))).text
    if text is None:
        problem = f"{path} is not there: run `./pants tested {address}` where its tests can run"
        return TestedImage(False, image.digest, value, (), problem)
    record = parse_record(text, path)
    problem = record.problem(address.spec, image.digest, value)
    return TestedImage(not problem, image.digest, value, record.tests, problem)


@rule(desc="Asking whether an image is tested", level=LogLevel.DEBUG)
async def find_whether_tested(
    request: TestedImageRequest, options: ImageTestsSubsystem
) -> TestedImage:
    """Whether an image passed all its tests, or which one is missing or failed."""
    address = request.address
    image, made_of = await MultiGet(
        Get(ImageId, ImageIdRequest(address)),
        Get(ImageFingerprint, ImageFingerprintRequest(address)),
    )
    if options.records:
        return await _by_record(address, image, made_of.value, options.records)
    tests = (await Get(ContainerTests, ContainerTestsRequest())).of.get(address, ())
    names = tuple(test.address.spec for test in tests)
    if not tests:
        problem = (
            f'no container test is of it: give one `tags=["{TAG}"]` and '
            f'`runtime_package_dependencies=["//{address}"]`'
        )
        return TestedImage(False, image.digest, made_of.value, names, problem)
    units = await Get(UnitTested, UnitTestedRequest(address))
    containers = await MultiGet(Get(Passed, PassedRequest(test)) for test in tests)
    found = (*(each.problem for each in containers), units.problem)
    problem = "; ".join(filter(None, found))
    asked = (*names, *units.tests)
    return TestedImage(not problem, image.digest, made_of.value, asked, problem)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *unit_tests.rules()]
