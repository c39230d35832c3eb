"""A file's way through the whole pipeline, for people to watch: `make demo` runs it.

A producer registers a product and a table, uploads a real CSV through a presigned form and, to see
it refused, a broken copy of it. Every lambda on the way is the image that Pants assembled, under
AWS's emulator as Lambda would run it; moto stands for AWS. It ends with the preview of the table.
"""

from __future__ import annotations

import json
import os
import sys
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
        register(pipeline)
        send(pipeline, good)
        say(f"{CSV.name}, {good.count(10) - 1:,} rows: {becomes(pipeline)}")
        failed = send(pipeline, broken)
        say(f"with a temperature and a date broken: {becomes(pipeline)}")
        for problem in reason(pipeline, failed)["problems"]:
            say(f"  line {problem['line']}, {problem['column']}: {problem['message']}")
        preview = ask(pipeline, "GET", f"{TABLE}/preview?format=text&rows=2").text
        for line in (f"GET {TABLE}/preview", *preview.splitlines()):
            say(line)


def register(pipeline: Pipeline) -> None:
    """The product and its table, as any producer registers them."""
    ask(pipeline, "POST", "/data-product/register", {**samples.details(), "name": "seattle"})
    ask(pipeline, "POST", f"{TABLE}/schema", json.loads(SCHEMA.read_text()))
    say("POST /data-product/register and …/schema: seattle has a table, weather")
    pipeline.settle()


def send(pipeline: Pipeline, content: bytes) -> DataFile:
    """Uploads a file through a presigned form."""
    return DataFile.parse(pipeline.upload("seattle", "weather", content))


def becomes(pipeline: Pipeline) -> str:
    """What the functions that an upload sets off make of it: ``landing_to_raw raw › …``."""
    answers = pipeline.settle()
    return " › ".join(f"{function} {answer['outcome']}" for function, answer in answers)


def ask(pipeline: Pipeline, method: str, path: str, body: Any = None) -> Any:
    """The answer to a request, which must succeed."""
    answer = pipeline.ask(method, path, body, TOKEN)
    answer.raise_for_status()
    return answer


def reason(pipeline: Pipeline, file: DataFile) -> Any:
    """Why a file is in `fail/`."""
    data = buckets.SETTINGS["DATA_BUCKET"]
    return json.loads(pipeline.s3.get_object(Bucket=data, Key=file.reason_key)["Body"].read())


def say(text: str) -> None:
    """One line of what happens."""
    print(f"    {text}".rstrip(), flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except (HarnessError, OciError, requests.RequestException) as error:
        sys.exit(f"demo: {error}")
