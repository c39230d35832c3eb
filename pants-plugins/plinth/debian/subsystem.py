"""The options of Debian's packages."""

from __future__ import annotations

from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem


class DebianSubsystem(Subsystem):
    options_scope = "plinth-debian"
    help = "Where locked Debian packages come from."

    mirror = StrOption(
        default="",
        metavar="<host>/<path>",
        help="The repository of your own registry that `make mirror` fills: it is asked before "
        "Debian's archive, which drops versions. What it gives is checked by the lock's hash. "
        "Where it lacks a package or does not answer, the archive is asked. Empty for none.",
    )
