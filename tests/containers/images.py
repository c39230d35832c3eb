"""The images that Pants put beside a test: finding their layouts, and bringing them to Docker."""

from __future__ import annotations

import sys
from pathlib import Path

from docker import DockerClient

from containers.engine import SdkEngine
from containers.errors import HarnessError
from plinth.oci.format.layout import Stack, read_stack
from plinth.oci.publish.engine import bring, registry_host


def stack_at(layout: str) -> Stack:
    """The image at `layout`, such as `lambdas.authorizer/image`, with the bases that lie near it.

    The path is relative to the working directory, where Pants puts the packages that a test names
    as `runtime_package_dependencies`.
    """
    if not Path(layout).is_dir():
        raise HarnessError(
            f"no image at {Path(layout).absolute()}: name its target, and its base's, in the "
            f"test's `runtime_package_dependencies`, and run it with `./pants test`"
        )
    others = sorted(index.parent for index in Path().glob("*/*/index.json"))
    return read_stack(Path(layout), others)


def bring_into(client: DockerClient, stack: Stack) -> str:
    """The image's `repository@sha256:…` in the engine, which has it afterwards."""
    return bring(
        stack,
        SdkEngine(client),
        registry_host(),
        say=lambda line: print(line, file=sys.stderr),
    )
