"""Measures the data path on large files beside the whole-file way; `bench/run curated` runs it.

A lambda's container has Lambda's limits, and reads from and writes to moto over HTTP. The
whole-file way is `read_csv` and `write_table` of the same file, in a container of the same image
with as much memory as it takes: once from and to the same moto, and once without it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from data import large_csv
from docker import DockerClient

from containers import function as emulated
from containers.errors import HarnessError
from containers.function import Configuration, running
from containers.images import bring_into
from containers.owner import owner
from ingestion.names import Area
from ingestion_testing import samples
from ingestion_testing.fixtures import DATA, LANDING
from pipeline.deployment import surroundings
from plinth.oci.format.layout import read_stack

SIZES = {"10 MB": 10_000_000, "200 MB": 200_000_000, "2 GB": 2_000_000_000}
LONGEST_SECONDS = 900
FROM_DISK = "whole file, from and to disk"
FROM_S3 = "whole file, from and to S3"

_START = """
import io, resource, sys, time
import boto3, pyarrow.csv, pyarrow.parquet
start = time.perf_counter()
"""
_END = """
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""
_FROM_DISK = """
table = pyarrow.csv.read_csv("/files/large.csv")
pyarrow.parquet.write_table(table, "/tmp/large.parquet")
"""
_FROM_S3 = """
s3 = boto3.client("s3")
body = s3.get_object(Bucket=sys.argv[1], Key=sys.argv[2])["Body"].read()
table = pyarrow.csv.read_csv(io.BytesIO(body))
target = io.BytesIO()
pyarrow.parquet.write_table(table, target)
s3.put_object(Bucket=sys.argv[1], Key="large.parquet", Body=target.getvalue())
"""


@dataclass(frozen=True)
class Run:
    """Seconds of one run, and the most memory that its process held, in bytes."""

    seconds: float
    memory: float


@dataclass(frozen=True)
class Stage:
    """A lambda that reads a file: where it finds it, and what it answers when all is well."""

    function: str
    bucket: str
    area: Area
    outcome: str


STAGES = (
    Stage("landing_to_raw", LANDING, Area.LANDING, "raw"),
    Stage("curated_load", DATA, Area.RAW, "loaded"),
)


def main(dist: Path, runs: int, out: Path) -> None:
    os.chdir(Path(emulated.__file__).parents[2])
    client = docker.from_env(timeout=LONGEST_SECONDS)
    bases = list(dist.glob("base/image"))
    references = {
        stage: bring_into(client, read_stack(dist / f"lambdas.{stage.function}/image", bases))
        for stage in STAGES
    }
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="plinth-bench-") as folder:
        file = Path(folder, "large.csv")
        for name, size in SIZES.items():
            with file.open("wb") as target:
                rows = large_csv.write(target, size)
            taken: dict[str, list[Run]] = {}
            # Once is enough for what takes so long, and moto would need a machine's whole memory.
            is_huge = size > 10**9
            for _ in range(1 if is_huge else runs):
                for stage, reference in references.items():
                    run = streamed(client, reference, stage, file)
                    taken.setdefault(stage.function, []).append(run)
                if not is_huge:
                    taken.setdefault(FROM_S3, []).append(from_s3(client, reference, file))
                taken.setdefault(FROM_DISK, []).append(from_disk(client, reference, file))
            figures += shown(name, rows, taken)
        figures += bad_files(client, references[STAGES[0]], Path(folder), runs)
    out.write_text(json.dumps(figures))


def bad_files(
    client: DockerClient, reference: str, folder: Path, runs: int
) -> list[dict[str, Any]]:
    """Files that are refused beside a good one of their size: time and memory."""
    size = SIZES["200 MB"]
    good, late, long = (folder / name for name in ("good.csv", "late.csv", "long.csv"))
    with good.open("wb") as target:
        large_csv.write(target, size)
    late.write_bytes(good.read_bytes() + b"x" + b"," * (len(large_csv.SCHEMA.columns) - 1) + b"\n")
    header = ",".join(large_csv.SCHEMA.column_names).encode()
    row = b"1" + b"," * (len(large_csv.SCHEMA.columns) - 1) + b"y" * 100_000 + b"\n"
    with long.open("wb") as target:
        target.write(header + b"\n")
        for _ in range(2 * size // len(row)):
            target.write(row)
        target.write(b"x" + row)
    cases = {
        "200 MB, good": (good, "raw"),
        "200 MB, a bad value in the last row": (late, "fail"),
        "400 MB in rows of 100 kB, a bad value in the last one": (long, "fail"),
    }
    taken: dict[str, list[Run]] = {}
    for _ in range(runs):
        for name, (file, outcome) in cases.items():
            stage = Stage("landing_to_raw", LANDING, Area.LANDING, outcome)
            taken.setdefault(name, []).append(streamed(client, reference, stage, file))
    return [
        figure
        for name, found in taken.items()
        for figure in (
            _figure(f"check, {name}", "s", [run.seconds for run in found]),
            _figure(f"check, {name}, memory", "B", [run.memory for run in found]),
        )
    ]


def streamed(client: DockerClient, reference: str, stage: Stage, file: Path) -> Run:
    """One invocation with the file, of a lambda whose runtime has been started before."""
    key = samples.file(stage.area).key
    with stored(file, stage.bucket, key) as environment, owner(client) as ours:
        configuration = Configuration(stage.function, 512, LONGEST_SECONDS, environment)
        with running(client, reference, configuration, ours) as function:
            function.invoke(samples.object_created(stage.bucket, "nothing"))
            start = time.perf_counter()
            answer = function.invoke(samples.object_created(stage.bucket, key))
            seconds = time.perf_counter() - start
            if answer.error or answer.payload["outcome"] != stage.outcome:
                raise HarnessError(f"not {stage.outcome}: {answer.payload}\n{function.logs()}")
            return Run(seconds, function.peak_memory())


@contextmanager
def stored(file: Path, bucket: str, key: str) -> Iterator[Mapping[str, str]]:
    """The environment of an AWS in which the file's table is registered, and the file is there."""
    with surroundings() as around:
        samples.register(samples.metadata(), {"daily": large_csv.SCHEMA})
        with file.open("rb") as body:
            around.s3.put_object(Bucket=bucket, Key=key, Body=body)
        yield around.environment


def from_s3(client: DockerClient, reference: str, file: Path) -> Run:
    """The object got, converted and put at once, as a function does that does not stream."""
    with stored(file, DATA, "large.csv") as environment:
        program = (_START + _FROM_S3 + _END, DATA, "large.csv")
        options = {"environment": dict(environment), "network_mode": "host"}
        return _run(client, reference, program, options)


def from_disk(client: DockerClient, reference: str, file: Path) -> Run:
    """The file converted at once, without S3."""
    volumes = {str(file.parent): {"bind": "/files", "mode": "ro"}}
    options = {"volumes": volumes, "tmpfs": {"/tmp": ""}, "network_mode": "none"}
    return _run(client, reference, (_START + _FROM_DISK + _END,), options)


def _run(
    client: DockerClient, reference: str, program: tuple[str, ...], options: dict[str, Any]
) -> Run:
    entrypoint = ["/usr/bin/python3", "-c", *program]
    printed = client.containers.run(reference, entrypoint=entrypoint, remove=True, **options)
    seconds, memory = map(float, printed.split())
    return Run(seconds, memory)


def shown(name: str, rows: int, taken: Mapping[str, Sequence[Run]]) -> list[dict[str, Any]]:
    """Time and memory of each way, and how they compare."""
    median = {way: statistics.median(run.seconds for run in runs) for way, runs in taken.items()}
    figures = []
    for way, runs in taken.items():
        ratios = (
            f"{median[way] / median[plain]:.2f} × {plain}"
            for plain in (FROM_S3, FROM_DISK)
            if plain in taken and way not in (FROM_S3, FROM_DISK)
        )
        note = "; ".join((f"{rows:,} rows, {rows / median[way]:,.0f} a second", *ratios))
        figures.append(_figure(f"{name}, {way}", "s", [run.seconds for run in runs], note))
    for way, runs in taken.items():
        figures.append(_figure(f"{name}, {way}, memory", "B", [run.memory for run in runs]))
    return figures


def _figure(name: str, unit: str, values: Sequence[float], note: str = "") -> dict[str, Any]:
    return {"name": name, "unit": unit, "values": list(values), "note": note}


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), Path(sys.argv[3]))
