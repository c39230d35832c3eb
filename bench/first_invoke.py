"""Times the first invocation of each lambda in the emulator; `bench/run invoke` runs it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from containers import function as emulated
from containers import pipeline
from containers.aws import running_aws
from containers.engine import connect
from containers.function import Configuration, running
from containers.images import bring_into
from containers.owner import owner
from plinth.oci.layout import read_stack

# Python then looks for compiled files in a folder that is empty, and keeps none there.
WITHOUT_PYC = {"PYTHONPYCACHEPREFIX": "/tmp/none", "PYTHONDONTWRITEBYTECODE": "1"}


def main(dist: Path, runs: int, out: Path) -> None:
    os.chdir(Path(emulated.__file__).parents[2])
    client = connect()
    figures = []
    with running_aws() as aws, owner(client) as ours:
        for layout in sorted(dist.glob("lambdas.*/image")):
            reference = bring_into(client, read_stack(layout, dist.glob("base/image")))
            name = layout.parent.name.partition(".")[2]
            times: dict[str, list[float]] = {"with .pyc": [], "without": []}
            for _ in range(runs):
                for kind, extra in (("with .pyc", {}), ("without", WITHOUT_PYC)):
                    variables = {**aws.environment, **pipeline.SETTINGS, **extra}
                    configuration = Configuration(name, environment=variables)
                    with running(client, reference, configuration, ours) as function:
                        start = time.perf_counter()
                        function.invoke({})
                        times[kind].append((time.perf_counter() - start) * 1000)
            figures += [
                {"name": f"{name}, {kind}", "unit": "ms", "values": values, "note": ""}
                for kind, values in times.items()
            ]
    out.write_text(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), Path(sys.argv[3]))
