"""Measures promotions and rollbacks against a far AWS: `bench/run deliver` starts it.

Every call takes 30 ms more, an update of a function stays in progress for 5 s, and more than 15
control-plane calls in a second are throttled. Beside it a loop of `aws lambda`, by the program that
is named: `update-function-code`, `wait function-updated`, `publish-version` and `update-alias`.

    measure.py AWS SIZE…      prints JSON: a list of name, seconds, note
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from delivery.core.config import Environment
from delivery.edges.aws import Aws
from delivery.operations.delivery import Delivery, load
from delivery.operations.promote import Order, promote
from delivery.operations.rollback import rollback
from delivery_testing.far_aws import FarAws, far_aws
from delivery_testing.world import World, world

ROUND_TRIP, IN_PROGRESS = 0.03, 5.0
FIRST, SECOND, THIRD = "2026-11-23.1", "2026-11-23.2", "2026-11-23.3"
_RATE = "requests_per_second = 15"


def main(program: str, sizes: list[int]) -> None:
    figures = []
    for size in sizes:
        figures += measured(size, program if size <= 16 else "")
    print(json.dumps(figures))


def measured(size: int, program: str) -> list[dict[str, object]]:
    """Promote all, promote what is there already, roll back; and the loop, where there is one."""
    lambdas = tuple(f"lambda-{number:04}" for number in range(size))
    with (
        tempfile.TemporaryDirectory() as folder,
        world(Path(folder), ("dev",), lambdas) as aws,
        far_aws(ROUND_TRIP) as far,
    ):
        for release in (FIRST, SECOND, THIRD):
            aws.release(release)
        aws.promote(FIRST, "dev")
        toml = Path(folder) / "delivery.toml"
        toml.write_text(toml.read_text().replace("requests_per_second = 1000", _RATE))
        aws.behaviour.updated.clear()
        aws.behaviour.update_seconds = IN_PROGRESS
        figures = [
            timed(f"promote of {size}", far, lambda d: promote(d, order(d, SECOND)), toml),
            timed(
                f"the same again, over {size}", far, lambda d: promote(d, order(d, SECOND)), toml
            ),
            timed(f"rollback of {size} by alias", far, lambda d: rollback(d, dev(d)), toml),
        ]
        if program:
            loop = timed_loop(program, aws, far, lambdas)
            figures.append({**loop, "name": f"loop of `aws lambda …` over {size}"})
        return figures


def dev(delivery: Delivery) -> Environment:
    return delivery.config.environment("dev")


def order(delivery: Delivery, release: str) -> Order:
    return Order(release, dev(delivery))


def timed(
    name: str, far: FarAws, run: Callable[[Delivery], object], toml: Path
) -> dict[str, object]:
    with patch.dict(os.environ, {"AWS_ENDPOINT_URL": far.endpoint}):
        delivery = load(toml, aws=Aws())
        far.reset()
        start = time.perf_counter()
        run(delivery)
        seconds = time.perf_counter() - start
    return figure(name, seconds, far)


def timed_loop(
    program: str, aws: World, far: FarAws, lambdas: tuple[str, ...]
) -> dict[str, object]:
    """As it is done by hand: one function after the other."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": far.endpoint}
    host = aws.registry.host

    def call(*arguments: str) -> str:
        command = (program, "lambda", *arguments, "--output", "text")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    far.reset()
    start = time.perf_counter()
    for name in lambdas:
        function = ("--function-name", f"dev-{name}")
        image = f"{host}/lambdas/{name}@{aws.digests[THIRD, name]}"
        call("update-function-code", *function, "--image-uri", image)
        call("wait", "function-updated", *function)
        version = call("publish-version", *function, "--query", "Version")
        call("update-alias", *function, "--name", "live", "--function-version", version)
    return figure("", time.perf_counter() - start, far)


def figure(name: str, seconds: float, far: FarAws) -> dict[str, object]:
    calls = ", ".join(f"{count} {service}" for service, count in sorted(far.calls.items()))
    note = f"{calls}; {far.throttled} throttled"
    print(f"{name}: {seconds:.2f} s, {note}, at most {far.busiest} a second", file=sys.stderr)
    return {"name": name, "seconds": seconds, "note": note}


if __name__ == "__main__":
    main(sys.argv[1], [int(each) for each in sys.argv[2:]])
