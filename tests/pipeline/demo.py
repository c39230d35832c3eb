"""A file's way through the whole pipeline, for people to watch: `make demo` runs it.

A producer registers a product and a table, uploads a real CSV through a presigned form and, to see
it refused, a broken copy of it. Every lambda on the way is the image that Pants assembled, under
AWS's emulator as Lambda would run it; moto stands for AWS. It ends with the preview of the table.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from containers import function as emulated
from containers import pipeline as buckets
from containers.errors import HarnessError
from ingestion.names import DataFile
from ingestion_testing import samples
from pipeline.deployment import TOKEN, Pipeline, deployed
from plinth.oci.errors import OciError

CSV = Path("tests/data/seattle_weather.csv")
SCHEMA = Path("tests/data/seattle_weather.schema.json")
PRODUCT = "/data-product/seattle"
TABLE = f"{PRODUCT}/table/weather"


def main(images: Path) -> None:
    # The files that the harness needs stand beside the sources, wherever Pants put them.
    os.chdir(Path(emulated.__file__).parents[2])
    good = CSV.read_bytes()
    # One temperature that is none, and one date that is none.
    broken = good.replace(b",10.6,", b",mild,", 1).replace(b"2012-02-29", b"2012-02-30", 1)
    with deployed(images) as pipeline:
        say("A producer registers a product and a table:")
        register(pipeline)
        say(f"uploads {CSV.name}, {good.count(10) - 1:,} rows, through a presigned form:")
        send(pipeline, good)
        say("and the same file with a temperature and a date broken:")
        failed = send(pipeline, broken)
        for problem in reason(pipeline, failed)["problems"]:
            say(f"    line {problem['line']}, {problem['column']}: {problem['message']}")
        say("Anybody may look at what was loaded:")
        path = f"{TABLE}/preview?format=text&rows=5"
        print(f"\n{ask(pipeline, 'GET', path).text}", flush=True)


def register(pipeline: Pipeline) -> None:
    """The product and its table, as any producer registers them."""
    ask(pipeline, "POST", "/data-product/register", {**samples.details(), "name": "seattle"})
    ask(pipeline, "POST", f"{TABLE}/schema", json.loads(SCHEMA.read_text()))
    follow(pipeline)


def send(pipeline: Pipeline, content: bytes) -> DataFile:
    """Uploads a file, and shows what becomes of it."""
    key = pipeline.upload("seattle", "weather", content)
    say(f"  POST {TABLE}/upload, then {len(content):,} bytes to {key}")
    follow(pipeline)
    return DataFile.parse(key)


def ask(pipeline: Pipeline, method: str, path: str, body: Any = None) -> Any:
    """The answer to a request, which is shown."""
    answer = pipeline.ask(method, path, body, TOKEN)
    answer.raise_for_status()
    version = ""
    with suppress(ValueError):
        version = answer.json()["version"]
    say(f"  {method} {path}: {answer.status_code} {version}".rstrip())
    return answer


def follow(pipeline: Pipeline) -> None:
    """Delivers what was set off, and shows each function's answer."""
    for function, answer in pipeline.settle():
        say(f"  → {function}: {answer['outcome']} {answer.get('key', '')}".rstrip())


def reason(pipeline: Pipeline, file: DataFile) -> Any:
    """Why a file is in `fail/`."""
    data = buckets.SETTINGS["DATA_BUCKET"]
    return json.loads(pipeline.s3.get_object(Bucket=data, Key=file.reason_key)["Body"].read())


def say(text: str) -> None:
    """One line of what happens."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except (HarnessError, OciError, requests.RequestException) as error:
        sys.exit(f"demo: {error}")
