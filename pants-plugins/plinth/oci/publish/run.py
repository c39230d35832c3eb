"""Runs an image in Docker's engine: `python -m plinth.oci.publish.run --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from plinth.oci.errors import OciError
from plinth.oci.format.layout import read_stack
from plinth.oci.publish.engine import DockerCommand, bring, docker_program, registry_host


def _parser() -> argparse.ArgumentParser:
    # Abbreviations are off: what is not an option here is one of `docker run`.
    parser = argparse.ArgumentParser(
        prog="python -m plinth.oci.publish.run",
        usage="%(prog)s --layout DIR [--base-layout DIR …] [docker run options] [-- argument …]",
        description="Bring an image into Docker's engine by way of the registry on loopback "
        "(PLINTH_REGISTRY), and run it: `docker run --rm [docker run options] IMAGE [argument …]`.",
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("--help", action="help", help="show this text and exit")
    parser.add_argument("--layout", type=Path, required=True, help="the image's layout")
    parser.add_argument(
        "--base-layout",
        type=Path,
        action="append",
        default=[],
        help="the layout of an image that it stands on; may be repeated",
    )
    return parser


def command(argv: Sequence[str]) -> list[str]:
    """The `docker run` for these arguments, with the image in the engine. Raises `OciError`."""
    end = argv.index("--") if "--" in argv else len(argv)
    options, docker_options = _parser().parse_known_args(argv[:end])
    program = docker_program()
    reference = bring(
        read_stack(options.layout, options.base_layout),
        DockerCommand(program),
        registry_host(),
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    return [program, "run", "--rm", *docker_options, reference, *argv[end + 1 :]]


def main(argv: Sequence[str]) -> NoReturn:
    try:
        run = command(argv)
    except (OciError, OSError) as error:
        sys.exit(f"error: {error}")
    # In its place, so that signals, the terminal and the exit code are docker's own.
    os.execv(run[0], run)


if __name__ == "__main__":
    main(sys.argv[1:])
