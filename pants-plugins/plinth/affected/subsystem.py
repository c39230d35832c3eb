"""The options of `./pants affected`."""

from __future__ import annotations

from pants.engine.goal import GoalSubsystem, LineOriented
from pants.option.option_types import StrListOption, StrOption
from pants.util.strutil import help_text


class AffectedSubsystem(LineOriented, GoalSubsystem):
    name = "affected"
    help = help_text(
        """
        The images and tests that a change reaches, in the order to build and run them, and why.

        Compares the working tree, untracked files included, with where HEAD left `--since`.
        """
    )

    since = StrOption(
        default="HEAD",
        help="The branch, tag or commit to compare with. By default, what is not committed counts.",
    )
    tools = StrListOption(
        default=[],
        help="Globs of the files that the build itself is made of: its launcher and the locks of "
        "its tools. A change of any of them affects everything. Those after a `!` are left out.",
    )
