from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from resync_unloaded.handler import handler

from ingestion import catalogue, names, objects, reasons
from ingestion.errors import BadEvent
from ingestion.names import Area, DataFile
from ingestion.problems import BadCsv, Problem
from ingestion_testing import imports, samples
from ingestion_testing.fixtures import DATA, LANDING, Context, Started


def raw(number: int, table: str = "daily") -> DataFile:
    file = samples.file(Area.RAW, table=table, load_timestamp=f"20240131T12300{number}Z")
    objects.write(DATA, file.key, b"", "text/plain")
    return file


def written(file: DataFile) -> None:
    objects.write(DATA, file.moved_to(Area.CURATED).key, b"", "text/plain")


def registered(file: DataFile) -> None:
    catalogue.register_load(file.moved_to(Area.CURATED), samples.schema(), names.FIRST_VERSION)


def prepare() -> list[str]:
    """Four raw files: loaded, without partition, without Parquet file, with neither."""
    files = [raw(number) for number in range(4)]
    for file in files[:2]:
        written(file)
    for file in (files[0], files[2]):
        registered(file)
    raw(4, table="weekly")
    return [file.key for file in (*files[1:], raw(4, table="weekly"))]


def queued(started: Started) -> list[str]:
    return [event["detail"]["object"]["key"] for event in started.of("curated_load")]


def test_what_curated_or_glue_lacks_is_loaded(s3: Any, started: Started) -> None:
    unloaded = prepare()
    answer = handler({"product": "weather"}, Context())
    assert queued(started) == unloaded
    assert (answer["queued"], answer["complete"]) == (4, True)
    assert all("rebuildSince" not in event["detail"] for event in started.of("curated_load"))


def test_when_all_is_loaded_nothing_is_done(s3: Any, started: Started) -> None:
    file = raw(0)
    written(file)
    registered(file)
    assert handler({"product": "weather"}, Context())["queued"] == 0
    assert started.events == []


def test_out_of_time_it_goes_on_with_its_own_answer(s3: Any, started: Started) -> None:
    unloaded = prepare()
    answer: dict[str, Any] = {"product": "weather", "complete": False}
    for _ in range(10):
        if answer["complete"]:
            break
        answer = handler(answer, Context(milliseconds_left=1000))
    assert answer["complete"]
    assert queued(started) == unloaded


def test_glue_is_asked_once_for_each_table(
    s3: Any, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    asked: list[tuple[str, str]] = []
    registered = catalogue.loads

    def counting(database: str, table: str) -> dict[str, dict[str, str]]:
        asked.append((database, table))
        return registered(database, table)

    monkeypatch.setattr(catalogue, "loads", counting)
    handler({"product": "weather"}, Context())
    assert asked == [("weather_v1", "daily")]


def test_what_was_refused_waits_until_the_product_changes(s3: Any, started: Started) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    samples.register(samples.metadata().model_copy(update={"last_updated": yesterday}))
    file = raw(0)
    reasons.write(file, BadCsv([Problem("a column is gone")]))
    assert handler({"product": "weather"}, Context())["queued"] == 0
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    newer = samples.metadata(version="v1.1").model_copy(update={"last_updated": tomorrow})
    samples.register(newer)
    assert handler({"product": "weather"}, Context())["queued"] == 1


def landed(since: timedelta, table: str = "daily") -> DataFile:
    load_timestamp = names.load_timestamp(datetime.now(UTC) - since)
    file = samples.file(load_timestamp=load_timestamp, table=table)
    objects.write(LANDING, file.key, b"", "text/plain")
    return file


def test_what_is_left_in_the_landing_zone_is_checked_after_all(
    s3: Any, started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    left = landed(timedelta(minutes=21))
    landed(timedelta(minutes=15), table="weekly")
    unloaded = prepare()
    answer: dict[str, Any] = {"product": "weather", "complete": False}
    while not answer["complete"]:
        answer = handler(answer, Context(milliseconds_left=1000))
    (event,) = started.of("landing_to_raw")
    assert event["detail"] == {"bucket": {"name": LANDING}, "object": {"key": left.key}}
    assert queued(started) == unloaded
    assert '"FilesLeftInLanding":[1.0]' in capsys.readouterr().out.replace(" ", "")


@pytest.mark.parametrize("event", [{}, {"product": 1}, {"product": "a b"}])
def test_a_malformed_event_is_an_error(event: dict[str, Any], s3: Any) -> None:
    with pytest.raises(BadEvent, match="product: "):
        handler(event, Context())


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("resync_unloaded.handler") & {"pyarrow", "boto3", "requests"}
