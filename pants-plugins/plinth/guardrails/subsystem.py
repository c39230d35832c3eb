"""The options of the guardrails."""

from __future__ import annotations

from pants.option.option_types import SkipOption, StrListOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import help_text

# Whoever changes one of them decides what enters: an image, the build, or CI.
_SUPPLY_CHAIN = (
    *("/.github/", "/ci/", "/pants", "/pants*.toml", "/pants-plugins/", "/guardrails.toml"),
    *("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.gpg"),
    *("delivery.toml", "CODEOWNERS", "Makefile", ".pre-commit-config.yaml", "renovate.json"),
)


class Guardrails(Subsystem):
    options_scope = "guardrails"
    name = "guardrails"
    help = help_text(
        """
        What may enter an image, a lock or a workflow: `./pants lint ::`. All of the repository is
        judged, whichever files are named, because an edit of one file can put another in the wrong.

        Reports are written to dist/lint/guardrails. Exceptions are in guardrails.toml, each with
        its reason. See docs/guardrails.md.
        """
    )

    skip = SkipOption("lint")
    base = StrOption(default="//base:image", help="The address of the image that lambdas stand on.")
    lambdas = StrListOption(
        default=["/lambdas/"],
        help="Every image below these paths is a lambda's, and so is one that has a `python_layer` "
        "with a handler.",
    )
    supply_chain = StrListOption(
        default=list(_SUPPLY_CHAIN),
        help="The files that CODEOWNERS must cover, as patterns of CODEOWNERS. All locks, and the "
        "files that they are made from, are among them without being named.",
    )
