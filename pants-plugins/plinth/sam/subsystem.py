from __future__ import annotations

from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem


class SamSubsystem(Subsystem):
    options_scope = "sam"
    help = "Applications for AWS's Serverless Application Model."

    record = StrOption(
        default=None,
        metavar="FILE",
        help=(
            "The record of a release, as `./pants release` writes it to `dist/release/`: `package` "
            "then writes `template.yaml`, whose images are the record's, by digest."
        ),
    )
