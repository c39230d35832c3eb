from __future__ import annotations

from pants.engine.goal import GoalSubsystem
from pants.option.option_types import StrListOption, StrOption
from pants.util.strutil import help_text, softwrap


class ReleaseSubsystem(GoalSubsystem):
    name = "release"
    help = help_text(
        """
        Make the release of this commit: a record of every image by its digest, with a bill of
        materials for each. It is made only when all of them are published, goes to their registry
        and to `dist/release/`, and never changes. docs/release.md says what is in it.
        """
    )

    diff = StrOption(
        default=None,
        metavar="<id>..<id>",
        help=softwrap(
            """
            Make none; say what differs between two releases: which images, by which packages and
            files.
            """
        ),
    )
    repository = StrOption(default="releases", help="The repository of the records.")
    runtime = StrListOption(
        default=["3rdparty/debian/lock.json"], help="The locks of the images' runtime."
    )
    locks = StrListOption(
        default=["3rdparty/python/requirements.txt"], help="The locks of third-party packages."
    )
    toolchain = StrListOption(
        default=["3rdparty/tools/*/requirements.txt"],
        help="The locks of the tools that made the images.",
    )
    lockfile = StrOption(
        default="3rdparty/tools/release/requirements.txt",
        help="A requirements file with hashes: cyclonedx-python-lib, and boto3 for ECR.",
    )
