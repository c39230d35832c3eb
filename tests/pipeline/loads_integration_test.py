"""What becomes of a file that a producer sends: real, broken, announced twice, killed."""

from __future__ import annotations

import csv
import io
import json
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from data import large_csv

from containers.errors import HarnessError
from ingestion import objects
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from pipeline.deliveries import Delivery
from pipeline.deployment import Pipeline
from pipeline.products import (
    DAILY,
    DAILY_CSV,
    DATA,
    LANDING,
    all_started,
    curated,
    partitions,
    preview,
    register,
    schema,
    stored,
    wait_for,
)

pytestmark = pytest.mark.usefixtures("log")
REAL = ("airports", "seattle_weather", "us_employment")


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_arrives_as_it_was_sent(pipeline: Pipeline, name: str) -> None:
    content = Path(f"tests/data/{name}.csv").read_bytes()
    document = json.loads(Path(f"tests/data/{name}.schema.json").read_text())
    register(pipeline, f"real_{name}", facts=document)
    landed = DataFile.parse(pipeline.upload(f"real_{name}", "facts", content))
    answers = pipeline.settle()

    (arrived,) = curated(f"real_{name}").items()
    assert arrived[0] == landed.moved_to(Area.CURATED)
    sent = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(arrived[1]) == len(sent)
    assert [str(row[document["columns"][0]["name"]]) for row in arrived[1]] == [
        row[document["columns"][0]["name"]] for row in sent
    ]
    assert ("landing_to_raw", {"outcome": "raw", "key": landed.moved_to(Area.RAW).key}) in answers
    assert objects.info(LANDING, landed.key) is None
    assert partitions(f"real_{name}") == {"facts": 1}
    shown = preview(pipeline, f"real_{name}", "facts")
    assert shown["columns"] == [column["name"] for column in document["columns"]]
    assert len(shown["rows"]) == 10


def test_a_broken_file_fails_with_its_reason_and_loads_nothing(pipeline: Pipeline) -> None:
    register(pipeline, "broken", daily=schema(**DAILY))
    landed = DataFile.parse(pipeline.upload("broken", "daily", b"day,highest\n2024-02-30,9.5\n"))
    assert landed.moved_to(Area.FAIL).key in str(pipeline.settle())
    reason = objects.read(DATA, landed.reason_key)
    assert reason
    assert json.loads(reason[0])["problems"] == [
        {"line": 2, "column": "day", "message": "'2024-02-30' is no date"}
    ]
    assert curated("broken") == {}
    assert pipeline.ask("GET", "/data-product/broken/table/daily/preview").status_code == 404


@pytest.mark.parametrize("seed", range(3))
def test_events_may_come_twice_and_in_any_order(pipeline: Pipeline, seed: int) -> None:
    product = f"shuffled_{seed}"
    chance = random.Random(seed)
    register(pipeline, product, daily=schema(**DAILY))
    pipeline.settle()
    sent = [f"day,highest\n2024-01-{day:02},{day}.5\n".encode() for day in range(1, 5)]
    landed = [DataFile.parse(pipeline.upload(product, "daily", content)) for content in sent]
    # The raw ones too, although nothing is there yet.
    created = [samples.object_created(LANDING, file.key) for file in landed]
    created += [samples.object_created(DATA, file.moved_to(Area.RAW).key) for file in landed]
    _deliver_shuffled(pipeline, created * 2, chance)
    # Now that every file has been raw, the events of that.
    _deliver_shuffled(pipeline, created * 2, chance)

    assert sorted(row["highest"] for found in curated(product).values() for row in found) == [
        Decimal(f"{day}.5") for day in range(1, 5)
    ]
    assert set(curated(product)) == {file.moved_to(Area.CURATED) for file in landed}
    assert partitions(product) == {"daily": len({file.load_timestamp for file in landed})}
    assert not any(objects.info(LANDING, file.key) for file in landed)
    assert not list(objects.keys(DATA, f"fail/{product}/"))


def _deliver_shuffled(pipeline: Pipeline, events: list[Any], chance: random.Random) -> None:
    for event in chance.sample(events, len(events)):
        landing = event["detail"]["bucket"]["name"] == LANDING
        pipeline.deliver(Delivery("landing_to_raw" if landing else "curated_load", event))


def test_an_event_may_have_its_key_encoded(pipeline: Pipeline) -> None:
    register(pipeline, "encoded", daily=schema(**DAILY))
    landed = DataFile.parse(pipeline.upload("encoded", "daily", DAILY_CSV))
    event = samples.object_created(LANDING, quote_plus(landed.key))
    raw = {"outcome": "raw", "key": landed.moved_to(Area.RAW).key}
    assert pipeline.deliver(Delivery("landing_to_raw", event)) == raw


def test_a_load_that_is_killed_leaves_nothing_and_the_next_event_loads(pipeline: Pipeline) -> None:
    register(pipeline, "killed", large=large_csv.SCHEMA.to_dict())
    pipeline.settle()
    raw = DataFile.new("killed", 1, "large", samples.MOMENT).moved_to(Area.RAW)
    content = io.BytesIO()
    rows = large_csv.write(content, 60_000_000)
    pipeline.s3.put_object(Bucket=DATA, Key=raw.key, Body=content.getvalue())
    (created,) = pipeline.deliveries.due()
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(pipeline.deliver, created)
        wait_for(lambda: pipeline.s3.list_multipart_uploads(Bucket=DATA).get("Uploads"))
        pipeline.functions.kill("curated_load")
        assert isinstance(killed.exception(), HarnessError)
    assert curated("killed") == {}
    assert partitions("killed") == {}

    assert pipeline.deliver(created)["outcome"] == "loaded"
    assert stored(raw.moved_to(Area.CURATED)).num_rows == rows
    assert partitions("killed") == {"large": 1}


def test_every_image_given_was_needed(pipeline: Pipeline) -> None:
    """By the tests before. An edit of a lambda runs the tests that have its image."""
    assert all_started(pipeline)
