"""The options of `./pants affected`."""

from __future__ import annotations

from pants.engine.goal import GoalSubsystem, Outputting
from pants.option.option_types import BoolOption, EnumOption, StrListOption, StrOption
from pants.util.strutil import help_text

from plinth.affected.formats.choice import Format


class AffectedSubsystem(Outputting, GoalSubsystem):
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
    format = EnumOption(
        default=Format.TEXT,
        help="`specs` is for `--spec-files`, `github` for `$GITHUB_OUTPUT`, `github-summary` for "
        "`$GITHUB_STEP_SUMMARY`. `html` is one page that shows the whole graph. "
        "See docs/affected.md.",
    )
    explain = BoolOption(
        default=False, help="Say for each target every reason and not only the shortest, as text."
    )
    run = StrOption(
        default="",
        metavar="<goals>",
        help="Goals to run on what is affected, in this order, such as `test package`. Tests are "
        "for `test`; images for `package` and `publish`. The first that fails is the last.",
    )
    document = StrOption(
        default="",
        metavar="<path>",
        help="Write the document of the tree as it stands to this file: what every image and test "
        "is made of. Nothing is compared.",
    )
    share = BoolOption(
        default=False,
        help="Put the document of HEAD's tree into the registry, for clones that will compare with "
        "it. Nothing is compared. CI does so for each merged commit.",
    )
    repository = StrOption(
        default="documents",
        help="The repository of documents, in each registry that images go to. Empty for none.",
    )
    check = BoolOption(
        default=False,
        help="Hold the document that the daemon brought up to date against one that is made "
        "afresh. Prints the targets that they differ in, and ends with 1 if there are any.",
    )
    documents = StrOption(
        default="",
        metavar="<folder>",
        help="Where documents of commits and states are kept. By default `plinth/documents` in "
        "the user's cache: `$XDG_CACHE_HOME` or `~/.cache`.",
    )
    tools = StrListOption(
        default=[],
        help="Globs of the files that the build itself is made of: its launcher and the locks of "
        "its tools. A change of any of them affects all tests; images say themselves what they are "
        "made with. Those after a `!` are left out.",
    )
