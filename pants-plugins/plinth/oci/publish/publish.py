"""Publishes images in order: the lower first, independent ones side by side.

As a program: `python -m plinth.oci.publish.publish --help`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

from plinth.oci.errors import OciError, printable_lines
from plinth.oci.format.reference import Repository
from plinth.oci.publish.docker import PushingEngine, publish_docker_image
from plinth.oci.publish.engine import DockerCommand
from plinth.oci.publish.one import Registries, publish_image
from plinth.oci.publish.publication import (
    FAILED,
    NOT_TRIED,
    PUSHED,
    REFUSED,
    SKIPPED,
    AnyPublication,
    DockerPublication,
    Outcome,
    Publication,
)
from plinth.oci.registry.client import Registry, per_thread
from plinth.oci.registry.ecr import Ecr
from plinth.oci.registry.transport import Exchange, Traffic, Transport

# They wait for the network nearly all of the time.
_WORKERS = 16
_STATUSES = (PUSHED, SKIPPED, REFUSED, FAILED, NOT_TRIED)


def publish(
    publications: Iterable[AnyPublication],
    registries: Registries,
    *,
    engine: PushingEngine | None = None,
    workers: int = _WORKERS,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Publish the images, each after the one it stands on; what became of each, in that order.

    An image that is not there in the end stops those that stand on it, and no others. At most
    `workers` at once, and as many blobs; images of one repository go one after the other. `engine`
    has the images that Docker built.
    """
    ordered = sorted(publications, key=lambda each: (each.height, str(each.repository)))
    turns = {each.repository: threading.Lock() for each in ordered}
    futures: dict[tuple[str, str], Future[Outcome]] = {}

    def task(publication: AnyPublication, base: Future[Outcome] | None) -> Outcome:
        turn = turns[publication.repository]
        if isinstance(publication, DockerPublication):
            with turn:
                return publish_docker_image(publication, registries, engine, say)

        def below() -> Outcome | None:
            # The base was given to the pool before: somebody is at it, so this wait has an end.
            return base.result() if base else None

        return publish_image(
            publication, registries, base=below, turn=turn, each=blobs.map, say=say
        )

    # Blobs have threads of their own: an image that holds one of the others waits for them.
    with ThreadPoolExecutor(workers) as blobs, ThreadPoolExecutor(workers) as pool:
        started = []
        for each in ordered:
            started.append(pool.submit(task, each, futures.get(each.base_key)))
            futures.setdefault(each.key, started[-1])
        return tuple(future.result() for future in started)


def summary(outcomes: Sequence[Outcome]) -> str:
    """A line for each image, and how many there are of each kind."""
    counts = Counter(outcome.status for outcome in outcomes)
    total = ", ".join(f"{counts[status]} {status}" for status in _STATUSES if counts[status])
    return "\n".join([*map(str, outcomes), total or "nothing to publish"])


class Clients:
    """Registries, with a client for each thread."""

    def __init__(
        self,
        connect: Callable[[str], Registry],
        prepare: Callable[[Repository], None] = lambda _: None,
    ) -> None:
        self._connect = per_thread(connect)
        self._prepare = prepare

    def connect(self, host: str) -> Registry:
        """A client with kept connections, which serves the calling thread alone."""
        return self._connect(host)

    def prepare(self, repository: Repository) -> None:
        """See to it that the repository can be pushed to: most are made at the first push."""
        self._prepare(repository)


def usual_registries(record: Callable[[Exchange], None] = lambda _: None) -> Clients:
    """Registries as Docker's own configuration, and for ECR that of AWS, lets one in."""
    ecr = Ecr()
    authorizations: dict[str, dict[str, str]] = defaultdict(dict)

    def connect(host: str) -> Registry:
        return Registry(host, Transport(record=record), ecr.credentials, authorizations[host])

    return Clients(connect, ecr.prepare)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.oci.publish.publish",
        description="Publish the images of a plan, each after its base: what is there is skipped, "
        "nothing is overwritten, and a tag is set last. Exit code 1 unless all of them are there.",
    )
    parser.add_argument("--plan", type=Path, required=True, help="the images, as JSON")
    parser.add_argument("--report", type=Path, help="write what became of each to this file")
    return parser


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    traffic = Traffic()
    if options.report:
        # Whatever happens from here on, the report of an earlier run says nothing of this one.
        options.report.unlink(missing_ok=True)
    try:
        plan = json.loads(options.plan.read_text())
        publications = [_publication(each) for each in plan["images"]]
    except OciError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    engine = DockerCommand("docker")
    outcomes = publish(publications, usual_registries(traffic.record), engine=engine, say=_say)
    _say(summary(outcomes))
    if options.report:
        _write(options.report, json.dumps(_report(outcomes, traffic), indent=2) + "\n")
    return 0 if all(outcome.is_there for outcome in outcomes) else 1


def _publication(value: Mapping[str, Any]) -> AnyPublication:
    if "image_id" in value:
        return DockerPublication.from_json(value)
    return Publication.from_json(value, Path())


def _write(report: Path, text: str) -> None:
    """Whole, or not at all."""
    report.parent.mkdir(parents=True, exist_ok=True)
    unfinished = report.with_name(f".{report.name}.{os.getpid()}")
    unfinished.write_text(text)
    unfinished.replace(report)


def _say(line: str) -> None:
    print(printable_lines(line), file=sys.stderr, flush=True)


def _report(outcomes: Sequence[Outcome], traffic: Traffic) -> dict[str, object]:
    return {
        "format": 1,
        "images": [outcome.to_json() for outcome in outcomes],
        "requests": traffic.requests,
        "bytes_sent": traffic.sent,
        "bytes_received": traffic.received,
    }


if __name__ == "__main__":
    # Not one request more: whatever is tagged is complete, and the next run goes on from there.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    sys.exit(main(sys.argv[1:]))
