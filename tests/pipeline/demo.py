"""A file's way through the containers, for people to watch: `make demo` runs it.

A real CSV goes from a presigned upload to `raw/`, and a broken copy of it to `fail/`, through the
images that Pants assembled, each under AWS's emulator as Lambda would run it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from containers import function as emulated
from containers import pipeline
from containers.aws import running_aws
from containers.engine import connect
from containers.errors import HarnessError
from containers.function import Configuration, Function, running
from containers.images import bring_into
from containers.owner import owner
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from plinth.oci.errors import OciError
from plinth.oci.layout import read_stack

CSV = Path("tests/data/seattle_weather.csv")
PRODUCT, TABLE = "seattle", "weather"
TYPES = {
    "date": "date",
    "precipitation": "decimal(5,1)",
    "temp_max": "decimal(4,1)",
    "temp_min": "decimal(4,1)",
    "wind": "decimal(4,1)",
    "weather": "string",
}
LANDING, DATA = pipeline.SETTINGS["LANDING_BUCKET"], pipeline.SETTINGS["DATA_BUCKET"]


def main(dist: Path) -> None:
    # The files that the harness needs stand beside the sources, wherever Pants put them.
    os.chdir(Path(emulated.__file__).parents[2])
    with ExitStack() as stack:
        aws = stack.enter_context(running_aws())
        s3 = stack.enter_context(pipeline.buckets(aws))
        samples.register(
            samples.metadata(name=PRODUCT, schemas=(TABLE,)), {TABLE: samples.schema(**TYPES)}
        )
        environment = {**aws.environment, **pipeline.SETTINGS}
        upload, check = (
            stack.enter_context(container(dist, name, environment))
            for name in ("presigned_url", "landing_to_raw")
        )
        good = CSV.read_bytes()
        # One temperature that is none, and one date that is none.
        broken = good.replace(b",10.6,", b",mild,", 1).replace(b"2012-02-29", b"2012-02-30", 1)
        say(f"{CSV.name}, {good.count(10) - 1:,} rows:")
        raw = send(good, upload, check)
        assert s3.get_object(Bucket=DATA, Key=raw["key"])["Body"].read() == good
        say("the same file, with a temperature and a date broken:")
        fail = send(broken, upload, check)
        reason_key = DataFile.parse(fail["key"]).reason_key
        reason = json.loads(s3.get_object(Bucket=DATA, Key=reason_key)["Body"].read())
        for problem in reason["problems"]:
            say(f"    line {problem['line']}, {problem['column']}: {problem['message']}")
        assert (raw["outcome"], fail["outcome"]) == (Area.RAW.value, Area.FAIL.value)


@contextmanager
def container(dist: Path, name: str, environment: dict[str, str]) -> Iterator[Function]:
    """The lambda's image, as Pants packaged it, ready to be invoked."""
    bases = [index.parent for index in dist.glob("base/*/index.json")]
    stack = read_stack(dist / f"lambdas.{name}" / "image", bases)
    client = connect()
    configuration = Configuration(name=name, environment=environment)
    reference = bring_into(client, stack)
    with owner(client) as ours, running(client, reference, configuration, ours) as function:
        say(f"{name} runs as {stack.image.digest}")
        yield function


def send(content: bytes, upload: Function, check: Function) -> dict[str, Any]:
    """Upload through a presigned form; what `landing_to_raw` answers to the object's event."""
    body = {
        "contentMd5": base64.b64encode(hashlib.md5(content).digest()).decode(),
        "contentLength": len(content),
    }
    request = samples.api_request("POST", json.dumps(body), product=PRODUCT, table=TABLE)
    form = upload.invoke(request).body
    say("  presigned_url gave a form for this content, good for five minutes")
    posted = requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=30)
    posted.raise_for_status()
    say(f"  posted {len(content):,} bytes to {form['key']}")
    start = time.perf_counter()
    answer: dict[str, Any] = check.invoke(samples.object_created(LANDING, form["key"])).payload
    milliseconds = (time.perf_counter() - start) * 1000
    say(f"  landing_to_raw, in {milliseconds:.0f} ms: {answer['outcome']}, {answer['key']}")
    return answer


def say(text: str) -> None:
    """One line of what happens."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except (HarnessError, OciError) as error:
        sys.exit(f"demo: {error}")
