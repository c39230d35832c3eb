"""`./pants fingerprint`: what images are made of, as one hash each, told without building them."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from pants.backend.docker.target_types import DockerImageSourceField
from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem, Outputting
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.target import AllTargets, AllTargetsRequest, FilteredTargets
from pants.engine.unions import UnionRule
from pants.option.option_types import EnumOption, StrOption
from pants.util.strutil import help_text, softwrap

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.errors import ImageError
from plinth.images.fingerprint import ImageFingerprint
from plinth.images.fingerprints import differences, dump, parse
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest


class Format(Enum):
    TEXT = "text"
    JSON = "json"


class FingerprintSubsystem(Outputting, GoalSubsystem):
    name = "fingerprint"
    help = help_text(
        """
        Print a hash of all that determines each image, from the repository alone: nothing is built,
        run or fetched. docs/fingerprint.md says what is in it.

        Only `docker_image` targets have one; others are passed over.
        """
    )

    format = EnumOption(
        default=Format.TEXT,
        help="A line for each image, or a JSON document with the parts that its hash is of.",
    )
    compare = StrOption(
        default=None,
        metavar="<path>",
        help=softwrap(
            """
            A JSON document of earlier fingerprints. Instead of the fingerprints, print for each
            image the parts that differ from it. As `diff` does, exit with 1 when anything differs.
            Of the document, only the images that the command names are looked at, and those that
            are in no BUILD file any more.
            """
        ),
    )


class FingerprintGoal(Goal):
    subsystem_cls = FingerprintSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


def _read(build_root: BuildRoot, path: str) -> tuple[ImageFingerprint, ...]:
    try:
        text = Path(os.path.join(build_root.path, path)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(
            f"cannot read {path}, which --fingerprint-compare names: {error}"
        ) from None
    return parse(text, path)


def _notes(images: Iterable[ImageFingerprint]) -> Iterable[str]:
    """What is not promised of an image, for people."""
    for image in images:
        for reason in image.reasons:
            yield f"{image.address} is not reproducible: {reason}"
        if image.may_be_unlocked:
            yield (
                f"{image.address}: PLINTH_UNLOCKED is set, so the image that this machine makes "
                "may hold other Debian packages than this fingerprint is of"
            )


async def _all_images() -> set[str]:
    found = await Get(AllTargets, AllTargetsRequest())
    return {target.address.spec for target in found if target.has_field(DockerImageSourceField)}


@goal_rule
async def fingerprint(
    console: Console,
    subsystem: FingerprintSubsystem,
    targets: FilteredTargets,
    build_root: BuildRoot,
    as_read: CodeAsRead,
) -> FingerprintGoal:
    """Print the fingerprint of each image, or compare it with an earlier one."""
    addresses = sorted(t.address for t in targets if t.has_field(DockerImageSourceField))
    found = await MultiGet(
        Get(ImageFingerprint, ImageFingerprintRequest(address)) for address in addresses
    )
    images = tuple(found)
    if subsystem.compare:
        before = _read(build_root, subsystem.compare)
        named = {address.spec for address in addresses}
        there = named if named >= {each.address for each in before} else await _all_images()
        # What is in the file and was not asked about is not gone.
        before = tuple(
            each for each in before if each.address in named or each.address not in there
        )
        lines = tuple(differences(before, images))
    elif subsystem.format == Format.JSON:
        lines = (dump(images).rstrip("\n"),)
    else:
        lines = tuple(f"{image.value}  {image.address}" for image in images)
    with subsystem.output(console) as write:
        for line in lines:
            write(f"{line}\n")
    if not subsystem.compare and subsystem.format == Format.TEXT:
        for note in _notes(images):
            console.print_stderr(note)
    return FingerprintGoal(exit_code=1 if subsystem.compare and lines else 0)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules()]
