"""Times the first invocation of each lambda in the emulator; `bench/run invoke` runs it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containers import function as emulated
from containers.engine import connect
from containers.errors import HarnessError
from containers.function import Configuration, Function, running
from containers.images import bring_into
from containers.owner import owner
from ingestion import curated, objects
from ingestion.names import Area
from ingestion_testing import samples
from ingestion_testing.fixtures import DATA, LANDING
from pipeline.deployment import TOKEN, surroundings
from plinth.oci.format.layout import read_stack

# Python then looks for compiled files in a folder that is empty, and keeps none there.
WITHOUT_PYC = {"PYTHONPYCACHEPREFIX": "/tmp/none", "PYTHONDONTWRITEBYTECODE": "1"}
CSV = b"day,highest\n2024-01-31,9.5\n"

# What a function of boto3 pays at least before it does anything: the import, and its first client.
BOTO3 = {
    "import boto3": "import boto3",
    "import boto3, S3 client": "import boto3; boto3.client('s3')",
}
_TIMED = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)
"""
# Of the emulator's child, which is the runtime: user and system time, in the kernel's ticks.
_PROCESSOR = """
import os, pathlib
for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
    fields = stat.read_text().rpartition(")")[2].split()
    if fields[1] == "1":
        print((int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK"))
"""
# However busy the machine is: it is time that is measured, not whether there is enough.
SECONDS = 300


@dataclass(frozen=True)
class Taken:
    """Milliseconds on the clock, and of the processor, which other work does not lengthen."""

    wall: float
    processor: float


def prepared(product: str) -> dict[str, Any]:
    """Registers a product with a file at every stage; each lambda's event that it succeeds with."""
    samples.register(samples.metadata(name=product, schemas=("daily", "hourly")))
    for bucket, area in ((LANDING, Area.LANDING), (DATA, Area.RAW)):
        objects.write(bucket, samples.file(area, product=product).key, CSV, "text/csv")
    loaded = samples.file(Area.RAW, product=product, load_timestamp="20240130T123000Z")
    objects.write(DATA, loaded.key, CSV, "text/csv")
    source = objects.info(DATA, loaded.key)
    assert source
    curated.write(source, samples.schema(), DATA, loaded)
    return _events(product)


def _events(product: str) -> dict[str, Any]:
    def ask(method: str, body: Any = None, **path: str) -> dict[str, Any]:
        return samples.api_request(method, body and json.dumps(body), product=product, **path)

    wider = samples.schema(day="date", highest="decimal(4,1)", lowest="int").to_dict()
    md5 = base64.b64encode(hashlib.md5(CSV).digest()).decode()
    return {
        "authorizer": {
            "type": "TOKEN",
            "authorizationToken": TOKEN,
            "methodArn": "arn:aws:execute-api:eu-west-2:123456789012:api/v1/GET/docs",
        },
        "create_metadata": ask("POST", {**samples.details(), "name": f"{product}_new"}),
        "create_schema": ask("POST", wider, table="weekly"),
        "curated_load": samples.object_created(DATA, samples.file(Area.RAW, product=product).key),
        "delete_product": ask("DELETE"),
        "delete_table": ask("DELETE", table="daily"),
        "docs": ask("GET"),
        "get_schema": ask("GET", table="daily"),
        "landing_to_raw": samples.object_created(LANDING, samples.file(product=product).key),
        "presigned_url": ask("POST", {"contentMd5": md5, "contentLength": len(CSV)}, table="daily"),
        "preview_data": ask("GET", table="daily"),
        "push_to_catalogue": {"product": product},
        "read_products": ask("GET"),
        "reload_product": {"product": product},
        "resync_unloaded": {"product": product},
        "update_metadata": ask("PUT", {**samples.details(), "name": product, "domain": "new"}),
        "update_schema": ask("PUT", wider, table="daily"),
    }


def main(dist: Path, runs: int, out: Path) -> None:
    os.chdir(Path(emulated.__file__).parents[2])
    client = connect()
    figures: list[dict[str, Any]] = []
    with surroundings() as around, owner(client) as ours:
        for layout in sorted(dist.glob("lambdas.*/image")):
            name = layout.parent.name.partition(".")[2]
            reference = bring_into(client, read_stack(layout, dist.glob("base/image")))
            times: dict[str, list[Taken]] = {kind: [] for kind in ("with .pyc", "without", *BOTO3)}
            for run in range(runs):
                for kind, extra in (("with .pyc", {}), ("without", WITHOUT_PYC)):
                    event = prepared(f"{name}_{run}_{len(extra)}")[name]
                    environment = {**around.environment, **extra}
                    configuration = Configuration(name, 512, SECONDS, environment)
                    with running(client, reference, configuration, ours) as function:
                        times[kind].append(first(function, event))
                        if not extra:
                            add_boto3(function, times)
            figures += shown(name, times)
    out.write_text(json.dumps(figures))


def add_boto3(function: Function, times: Mapping[str, list[Taken]]) -> None:
    """Times in the container what it is compared with."""
    for kind, program in BOTO3.items():
        wall, processor = map(float, function.python(_TIMED, program).text.split())
        times[kind].append(Taken(wall, processor))


def first(function: Function, event: Any) -> Taken:
    """The first invocation, which must succeed."""
    start = time.perf_counter()
    answer = function.invoke(event)
    wall = (time.perf_counter() - start) * 1000
    if answer.error or (answer.status or 200) >= 300:
        raise HarnessError(f"not what was to be measured: {answer.payload}\n{function.logs()}")
    return Taken(wall, float(function.python(_PROCESSOR).text))


def shown(name: str, times: Mapping[str, list[Taken]]) -> list[dict[str, Any]]:
    """The figures of a lambda, its first invocation beside boto3."""
    processor = {
        kind: statistics.median(taken.processor for taken in many) for kind, many in times.items()
    }
    ratios = (f"{processor['with .pyc'] / processor[kind]:.2f} × {kind}" for kind in BOTO3)
    notes = {"with .pyc": f"processor: {'; '.join(ratios)}"}
    return [
        {
            "name": f"{name}, {kind}",
            "unit": "ms",
            "values": [taken.wall for taken in many],
            "note": notes.get(kind, ""),
        }
        for kind, many in times.items()
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), Path(sys.argv[3]))
