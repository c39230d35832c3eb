"""What this backend adds to Pants' own `docker_image`."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.engine.target import AsyncFieldMixin, StringField
from pants.util.strutil import help_text


class RunWithField(AsyncFieldMixin, StringField):
    alias = "run_with"
    help = help_text(
        """
        The program that `./pants run` starts the image with, in place of `docker run`, and
        `./pants invoke` gives an event to: a target that `./pants run` can run, such as
        `"//tests/containers/local.py"`, which runs a lambda under AWS's emulator. It gets
        `--layout` and `--base-layout`, the OCI layouts of the image and of those below it, the
        image's `--folder`, an `--event`, and what follows `--` on the command line.
        """
    )


@dataclass(frozen=True)
class ImagePackageFieldSet(DockerPackageFieldSet):
    """In place of Pants' stock field set for `docker_image`, with the same fields."""
