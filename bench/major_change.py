"""Measures major changes of products of many tables; `bench/run major` runs it.

The AWS is moto in this process, each of whose calls takes 30 ms longer. Its own work counts, too.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from update_schema.handler import handler

from ingestion import aws, catalogue, functions, names, objects
from ingestion.names import Area
from ingestion_testing import fixtures, samples
from ingestion_testing.answers import call

TABLES = (1, 10, 50)
ROUND_TRIP = 0.03
_SERVICES = ("s3", "glue")


class Calls:
    """Counts calls to AWS, and makes each take longer."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def before(self, **_: Any) -> None:
        with self._lock:
            self.count += 1
        time.sleep(ROUND_TRIP)


def main(runs: int, out: Path) -> None:
    os.environ.update(fixtures.ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    # Nothing is told to a catalogue here.
    functions.push_to_catalogue = lambda product: None
    figures = []
    for tables in TABLES:
        found = [measured(tables) for _ in range(runs)]
        figures.append(
            {
                "name": f"{tables} tables, 30 ms a call",
                "unit": "s",
                "values": [seconds for seconds, _ in found],
                "note": f"{found[0][1]} calls",
            }
        )
    out.write_text(json.dumps(figures))


def measured(tables: int) -> tuple[float, int]:
    """Seconds and calls of a change that removes a column of one of so many loaded tables."""
    all_tables = tuple(f"t{index:02}" for index in range(tables))
    with fixtures.world():
        samples.register(samples.metadata(schemas=all_tables))
        for table in all_tables:
            file = samples.file(Area.CURATED, table=table)
            objects.write(fixtures.DATA, file.key, b"parquet", "text/plain")
            catalogue.register_load(file, samples.schema(), names.FIRST_VERSION)
        with slow() as calls, contextlib.redirect_stdout(io.StringIO()):
            start = time.perf_counter()
            narrow = samples.schema(day="date").to_dict()
            status, body = call(handler, "PUT", narrow, product="weather", table=all_tables[0])
            seconds = time.perf_counter() - start
        assert (status, body["version"]) == (200, "v2.0"), body
        return seconds, calls.count


@contextlib.contextmanager
def slow() -> Iterator[Calls]:
    """Within the block each call takes longer, and is counted."""
    calls = Calls()
    emitters = [aws.client(service).meta.events for service in _SERVICES]
    for emitter in emitters:
        emitter.register("before-call", calls.before)
    try:
        yield calls
    finally:
        for emitter in emitters:
            emitter.unregister("before-call", calls.before)


if __name__ == "__main__":
    # `dist`, which the other programs take, is of no use here.
    main(int(sys.argv[2]), Path(sys.argv[3]))
