"""Measures `curated_load` on large files beside the whole-file way; `bench/run curated` runs it.

The lambda's container has Lambda's limits, and reads from and writes to moto over HTTP. The
whole-file way is `read_csv` and `write_table` of the same file on the disk, in a container of the
same image, with as much memory as it takes.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data import large_csv
from docker import DockerClient

from containers import function as emulated
from containers.engine import connect
from containers.errors import HarnessError
from containers.function import Configuration, running
from containers.images import bring_into
from containers.owner import owner
from ingestion.names import Area
from ingestion_testing import samples
from ingestion_testing.fixtures import DATA
from pipeline.deployment import surroundings
from plinth.oci.layout import read_stack

SIZES = {"10 MB": 10_000_000, "200 MB": 200_000_000, "2 GB": 2_000_000_000}
# Lambda's own limits: 15 minutes, and the memory that the aim is about.
CONFIGURATION = Configuration("curated_load", memory_mb=512, timeout_seconds=900)

_WHOLE_FILE = """
import resource, time
import pyarrow.csv, pyarrow.parquet
start = time.perf_counter()
table = pyarrow.csv.read_csv("/files/large.csv")
pyarrow.parquet.write_table(table, "/tmp/large.parquet")
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@dataclass(frozen=True)
class Run:
    """Seconds of one run, and the most memory that its process held, in bytes."""

    seconds: float
    memory: float


def main(dist: Path, runs: int, out: Path) -> None:
    os.chdir(Path(emulated.__file__).parents[2])
    client = connect()
    layout = dist / "lambdas.curated_load/image"
    reference = bring_into(client, read_stack(layout, dist.glob("base/image")))
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="plinth-bench-") as folder:
        file = Path(folder, "large.csv")
        for name, size in SIZES.items():
            with file.open("wb") as target:
                rows = large_csv.write(target, size)
            # Once is enough for what takes so long.
            count = runs if size < 10**9 else 1
            pairs = [
                (loaded(client, reference, file), whole_file(client, reference, file))
                for _ in range(count)
            ]
            figures += shown(name, rows, *zip(*pairs, strict=True))
    out.write_text(json.dumps(figures))


def loaded(client: DockerClient, reference: str, file: Path) -> Run:
    """One load by the lambda, whose runtime has been started before."""
    with surroundings() as around, owner(client) as ours:
        samples.register(samples.metadata(), {"daily": large_csv.SCHEMA})
        raw = samples.file(Area.RAW)
        with file.open("rb") as body:
            around.s3.put_object(Bucket=DATA, Key=raw.key, Body=body)
        configuration = replace(CONFIGURATION, environment=around.environment)
        with running(client, reference, configuration, ours) as function:
            function.invoke(samples.object_created(DATA, "nothing"))
            start = time.perf_counter()
            answer = function.invoke(samples.object_created(DATA, raw.key))
            seconds = time.perf_counter() - start
            if answer.error or answer.payload["outcome"] != "loaded":
                raise HarnessError(f"not loaded: {answer.payload}\n{function.logs()}")
            return Run(seconds, function.peak_memory())


def whole_file(client: DockerClient, reference: str, file: Path) -> Run:
    """The file read and written at once, by a program of three lines."""
    printed = client.containers.run(
        reference,
        entrypoint=["/usr/bin/python3", "-c", _WHOLE_FILE],
        volumes={str(file.parent): {"bind": "/files", "mode": "ro"}},
        tmpfs={"/tmp": ""},
        network_mode="none",
        remove=True,
    )
    seconds, memory = map(float, printed.split())
    return Run(seconds, memory)


def shown(name: str, rows: int, ours: Sequence[Run], plain: Sequence[Run]) -> list[dict[str, Any]]:
    """Time and memory of both ways, and how they compare."""
    median = statistics.median(run.seconds for run in ours)
    ratio = median / statistics.median(run.seconds for run in plain)
    speed = f"{rows:,} rows, {rows / median:,.0f} a second; {ratio:.2f} × the whole-file way"
    return [
        _figure(f"{name}, curated_load", "s", [run.seconds for run in ours], speed),
        _figure(f"{name}, whole file", "s", [run.seconds for run in plain]),
        _figure(f"{name}, curated_load, memory", "B", [run.memory for run in ours]),
        _figure(f"{name}, whole file, memory", "B", [run.memory for run in plain]),
    ]


def _figure(name: str, unit: str, values: Sequence[float], note: str = "") -> dict[str, Any]:
    return {"name": name, "unit": unit, "values": list(values), "note": note}


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), Path(sys.argv[3]))
