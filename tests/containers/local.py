"""One lambda on this machine, as Lambda would run it: `./pants run` and `./pants invoke` start it.

Without `--event` it is up until it is interrupted, and prints the `curl` that invokes it. With an
event it is invoked once: the answer goes to standard output, the log to standard error.

A project whose functions need more than an empty AWS calls `main` with surroundings of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from docker import DockerClient
from docker.errors import DockerException

from containers.aws import running_aws
from containers.aws_elsewhere import aws_of_environment
from containers.engine import connect
from containers.errors import HarnessError
from containers.event import read_event
from containers.function import Configuration, Function, running
from containers.images import bring_into
from containers.owner import owner
from plinth.oci.errors import OciError
from plinth.oci.format.layout import Stack, read_stack

_REPORT = "REPORT RequestId"
_REPORT_SECONDS = 2

Surroundings = Callable[[], AbstractContextManager[Mapping[str, str]]]
"""Starts what functions need around them; gives the environment that makes them find it."""


@contextmanager
def empty_aws() -> Iterator[Mapping[str, str]]:
    """moto's AWS, with nothing in it."""
    with running_aws() as aws:
        yield aws.environment


def main(
    argv: Sequence[str],
    surroundings: Surroundings = empty_aws,
    about: str = "moto, empty",
) -> int:
    """Run a function as `argv` says; the exit code.

    `surroundings` stand around it unless the caller's own AWS is asked for; `about` describes them.
    """
    options = _parser().parse_args(argv)
    # As an interrupt, so that the container is removed.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options, surroundings, about)
    except KeyboardInterrupt:
        print("\nstopped: the container is removed", file=sys.stderr)
        return 0 if options.event is None else 130
    except (HarnessError, OciError, DockerException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./pants run IMAGE --",
        usage="./pants run lambdas/x:image [-- OPTION …]\n"
        "       ./pants invoke lambdas/x --event=FILE [-- OPTION …]",
        description="Run a lambda's container under AWS's Lambda emulator.",
        epilog="examples:\n"
        "  ./pants run lambdas/x:image -- --port=9000 -e LOG_LEVEL=DEBUG\n"
        "  ./pants invoke lambdas/x --event=lambdas/x/events/ok.json -- --memory=1024\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--layout", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "--base-layout", type=Path, action="append", default=[], help=argparse.SUPPRESS
    )
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)
    parser.add_argument("--event", metavar="FILE", help="invoke it once with this; `-` is stdin")
    parser.add_argument(
        *("-e", "--env"),
        dest="environment",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="a variable of the function's; without a value, as it is here; may be repeated",
    )
    parser.add_argument(
        "--aws",
        choices=("local", "environment"),
        default="environment" if "AWS_ENDPOINT_URL" in os.environ else "local",
        help="the AWS that it talks to: moto on this machine, or what AWS_* variables and profiles "
        "name here; default: moto, unless AWS_ENDPOINT_URL is set",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="where it listens on loopback; default: a free one"
    )
    parser.add_argument("--memory", type=int, default=512, metavar="MB", help="default: 512")
    parser.add_argument("--timeout", type=int, default=30, metavar="S", help="default: 30")
    return parser


def _run(options: argparse.Namespace, surroundings: Surroundings, about: str) -> int:
    # Before anything is started: a wrong event or variable is an error at once.
    event = None if options.event is None else read_event(options.event)
    own = variables(options.environment, os.environ)
    stack = read_stack(options.layout, options.base_layout)
    elsewhere = options.aws == "environment"
    with ExitStack() as block:
        client = connect()
        block.callback(client.close)
        aws = block.enter_context(aws_of_environment() if elsewhere else surroundings())
        configuration = Configuration(
            name=stack.image.name,
            memory_mb=options.memory,
            timeout_seconds=options.timeout,
            environment={**aws, **own},
        )
        function = block.enter_context(_started(client, stack, configuration, options.port))
        about = f"the environment's, {aws['AWS_REGION']}" if elsewhere else about
        _introduce(stack, configuration, about)
        if options.event is not None:
            return _invoke_once(function, event)
        print(_curl(function, options.folder), flush=True)
        return _follow(function)


def variables(asked: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """The variables of `NAME=VALUE`, and of `NAME` as it is given. Raises `HarnessError`."""
    found = {}
    for entry in asked:
        name, equals, value = entry.partition("=")
        if not equals and name not in given:
            raise HarnessError(f"-e {name}: no such variable here. Write -e {name}=VALUE.")
        found[name] = value if equals else given[name]
    return found


@contextmanager
def _started(
    client: DockerClient, stack: Stack, configuration: Configuration, port: int | None
) -> Iterator[Function]:
    reference = bring_into(client, stack)
    with (
        owner(client) as ours,
        running(client, reference, configuration, ours, port) as function,
    ):
        yield function


def _introduce(stack: Stack, configuration: Configuration, about: str) -> None:
    print(
        f"{stack.image.name}@{stack.image.digest}\n"
        f"  under AWS's Lambda emulator: read-only but /tmp, {configuration.memory_mb} MB, "
        f"{configuration.timeout_seconds} s\n"
        f"  AWS: {about}",
        file=sys.stderr,
        flush=True,
    )


def _curl(function: Function, folder: str) -> str:
    """What invokes the function from another terminal, with a sample event if there is one."""
    samples = sorted(Path(folder).glob("events/*.json")) if folder else []
    data = f"@{samples[0]}" if samples else "{}"
    return f"curl -d {shlex.quote(data)} {function.url}"


def _invoke_once(function: Function, event: Any) -> int:
    answer = function.invoke(event)
    print(_whole_log(function), end="", file=sys.stderr, flush=True)
    print(json.dumps(answer.payload, indent=2, ensure_ascii=False), flush=True)
    return 0 if answer.error is None else 1


def _whole_log(function: Function) -> str:
    """With the emulator's last line on the invocation, which it may write after the answer."""
    deadline = time.monotonic() + _REPORT_SECONDS
    while _REPORT not in (log := function.logs()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return log


def _follow(function: Function) -> int:
    """Show the log until the container ends, which by itself it should not."""
    print("Ctrl-C stops it. Its log:", file=sys.stderr, flush=True)
    for chunk in function.container.logs(stream=True, follow=True):
        sys.stderr.write(chunk.decode(errors="replace"))
        sys.stderr.flush()
    code = function.container.wait()["StatusCode"]
    print(f"error: the container ended by itself, with exit code {code}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
