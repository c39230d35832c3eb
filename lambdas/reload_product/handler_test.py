from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from reload_product.handler import handler

from ingestion import objects
from ingestion.errors import BadEvent
from ingestion.names import Area
from ingestion_testing import imports, samples
from ingestion_testing.fixtures import DATA, Context, Started


def prepare(count: int = 5) -> list[str]:
    files = [
        samples.file(Area.RAW, load_timestamp=f"20240131T12300{number}Z").in_major(1 + number % 2)
        for number in range(count)
    ]
    for file in (*files, samples.file(Area.RAW, product="weather_x"), samples.file(Area.FAIL)):
        objects.write(DATA, file.key, b"", "text/plain")
    return sorted(file.key for file in files)


def queued(started: Started) -> list[str]:
    return [event["detail"]["object"]["key"] for event in started.of("curated_load")]


def test_every_raw_file_of_every_major_version_is_loaded_again(s3: Any, started: Started) -> None:
    keys = prepare()
    before = datetime.now(UTC) - timedelta(seconds=1)
    answer = handler({"product": "weather"}, Context())
    assert queued(started) == keys
    assert (answer["queued"], answer["complete"]) == (5, True)
    since = {event["detail"]["rebuildSince"] for event in started.of("curated_load")}
    assert since == {answer["since"]}
    assert before < datetime.fromisoformat(answer["since"]) <= datetime.now(UTC)


def test_out_of_time_it_goes_on_with_its_own_answer(s3: Any, started: Started) -> None:
    keys = prepare()
    answer = handler({"product": "weather"}, Context(milliseconds_left=1000))
    assert (answer["queued"], answer["complete"], answer["after"]) == (1, False, keys[0])
    since = answer["since"]
    for _ in range(10):
        if answer["complete"]:
            break
        answer = handler(answer, Context(milliseconds_left=1000))
    assert answer["complete"]
    assert queued(started) == keys
    assert {event["detail"]["rebuildSince"] for event in started.of("curated_load")} == {since}


def test_a_product_without_raw_files_is_complete(s3: Any, started: Started) -> None:
    answer = handler({"product": "weather"}, Context())
    assert (answer["queued"], answer["complete"]) == (0, True)
    assert started.events == []


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "product"),
        ({"product": "Weather"}, "product"),
        ({"product": "a", "since": "x"}, "since"),
    ],
)
def test_a_malformed_event_is_an_error(event: dict[str, Any], field: str, s3: Any) -> None:
    with pytest.raises(BadEvent, match=f"{field}: "):
        handler(event, Context())


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("reload_product.handler") & {"pyarrow", "boto3", "requests"}
