"""The whole API on this machine, over HTTP: `make api` runs it.

The routes, the authorizer in front of them and the facts of functions are those of the template.
Every function is the image that Pants assembled, under AWS's emulator as Lambda would run it; moto
stands for AWS. What a request sets off is delivered at once, so an uploaded file can be looked at a
moment later.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from docker.errors import DockerException

from containers import function as emulated
from containers.errors import HarnessError
from pipeline.deployment import TOKEN, Pipeline, deployed_application
from plinth.oci.errors import OciError

_EVERY = 0.2


@contextmanager
def delivering(pipeline: Pipeline) -> Iterator[None]:
    """Delivers what is set off, until the block ends. What fails is printed, and not repeated."""
    ended = threading.Event()

    def deliver() -> None:
        while not ended.wait(_EVERY):
            for delivery in pipeline.deliveries.due():
                try:
                    answer = pipeline.functions.invoke(delivery.function, delivery.event).payload
                except (HarnessError, DockerException) as error:
                    answer = error
                print(f"{delivery.function}: {answer}", file=sys.stderr, flush=True)

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    # As an interrupt, so that the containers are removed.
    signal.signal(signal.SIGTERM, _interrupt)
    images = options.images.absolute()
    # The files that the harness needs stand beside the sources, wherever Pants put them.
    os.chdir(Path(emulated.__file__).parents[2])
    try:
        with deployed_application(images, options.port) as pipeline, delivering(pipeline):
            print(_introduction(pipeline), flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        print("\nstopped: the containers are removed", file=sys.stderr)
        return 0
    except (HarnessError, OciError, DockerException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./pants run tests/pipeline/serve.py --", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("images", type=Path, help="the folder of `./pants package`, such as `dist`")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    return parser


def _introduction(pipeline: Pipeline) -> str:
    body = '{"name": "weather", "description": "…", …}'
    return "\n".join(
        (
            f"The API is at {pipeline.url}; a function starts with its first request.",
            f"  curl {pipeline.url}/docs?format=json",
            f"  curl -H 'Authorization: Bearer {TOKEN}' -d '{body}' "
            f"{pipeline.url}/data-product/register",
            "Ctrl-C stops it.",
        )
    )


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
