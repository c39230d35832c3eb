from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from curated_load.handler import handler
from resync_unloaded.handler import handler as resync_unloaded

from ingestion import aws, catalogue, curated, loads, objects
from ingestion.errors import BadEvent
from ingestion.names import Area, DataFile
from ingestion.schemas import TableSchema
from ingestion_testing import crash, imports, samples
from ingestion_testing.fixtures import DATA, Context, Started

CONTENT = b"day,highest\n2024-01-31,9.5\n2024-02-01,\n"
ROWS = 2
FILE = samples.file(Area.RAW)
CURATED = FILE.moved_to(Area.CURATED)


def put(content: bytes = CONTENT, file: DataFile = FILE) -> dict[str, Any]:
    objects.write(DATA, file.key, content, "text/csv")
    return samples.object_created(DATA, file.key)


def load(event: dict[str, Any] | None = None) -> dict[str, Any]:
    return handler(event or samples.object_created(DATA, FILE.key), Context())


def parquet(file: DataFile = CURATED) -> pq.ParquetFile:
    found = objects.read(DATA, file.key)
    assert found
    return pq.ParquetFile(io.BytesIO(found[0]))


def prepare() -> None:
    samples.register(samples.metadata())
    put()


def assert_loaded() -> None:
    assert parquet().metadata.num_rows == ROWS
    assert catalogue.tables("weather_v1") == ("daily",)
    assert catalogue.partitions("weather_v1", "daily") == {FILE.load_timestamp}
    assert list(loads.files(Area.CURATED, "weather")) == [CURATED]


def test_a_raw_file_becomes_a_registered_parquet_file(
    s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare()
    assert load() == {"outcome": "loaded", "key": CURATED.key}
    assert_loaded()
    assert [row["highest"] for row in parquet().read().to_pylist()][1] is None
    output = capsys.readouterr().out
    assert '"RowsLoaded":[2.0]' in output.replace(" ", "")
    assert '"FilesLoaded":[1.0]' in output.replace(" ", "")


def test_loading_twice_changes_nothing(s3: Any) -> None:
    prepare()
    load()
    before = objects.info(DATA, CURATED.key)
    table = catalogue.get_table("weather_v1", "daily")
    assert load() == {"outcome": "loaded_before", "key": CURATED.key}
    assert objects.info(DATA, CURATED.key) == before
    assert catalogue.get_table("weather_v1", "daily") == table
    assert_loaded()


def test_a_crash_at_any_write_is_repaired_by_the_next_event(environment: None) -> None:
    def loaded_after_all() -> None:
        if objects.info(DATA, CURATED.key):
            # Who sees the object sees all of it.
            assert parquet().metadata.num_rows == ROWS
        else:
            assert not catalogue.has_partition(CURATED)
        assert load()["outcome"] in ("loaded", "loaded_before")
        assert_loaded()

    # The object, the database, the table, the partition, each before and after.
    assert crash.at_every_write(prepare, load, loaded_after_all) == 8


def test_a_crash_at_any_write_is_repaired_by_resync_unloaded(
    environment: None, started: Started
) -> None:
    def loaded_after_all() -> None:
        done = len(started.events)
        resync_unloaded({"product": "weather"}, Context())
        for event in started.of("curated_load")[done:]:
            assert load(event)["outcome"] == "loaded"
        assert_loaded()

    assert crash.at_every_write(prepare, load, loaded_after_all) == 8


def test_a_load_that_lacks_its_partition_is_registered_as_it_is(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    load()
    catalogue.drop_partitions("weather_v1", "daily", [FILE.load_timestamp])
    monkeypatch.setattr(curated, "write", None)
    assert load()["outcome"] == "loaded"
    assert_loaded()


def test_a_crash_between_the_parts_of_a_large_file_is_repaired(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # S3's own least size of a part is 5 MiB.
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    monkeypatch.setattr(objects, "_PART_BYTES", 100)

    def loaded_after_all() -> None:
        assert load()["outcome"] in ("loaded", "loaded_before")
        assert_loaded()

    assert crash.at_every_write(prepare, load, loaded_after_all) > 12


def test_two_loads_of_one_table_at_once_both_land(s3: Any) -> None:
    samples.register(samples.metadata())
    files = [
        samples.file(Area.RAW, load_timestamp=f"20240131T12300{number}Z") for number in range(4)
    ]
    events = [put(file=file) for file in files]
    with ThreadPoolExecutor(4) as pool:
        outcomes = [answer["outcome"] for answer in pool.map(load, events)]
    assert outcomes == ["loaded"] * 4
    assert catalogue.partitions("weather_v1", "daily") == {file.load_timestamp for file in files}
    assert len(list(loads.files(Area.CURATED, "weather"))) == 4


def test_two_files_of_one_second_are_one_partition(s3: Any) -> None:
    samples.register(samples.metadata())
    other = samples.file(Area.RAW, file_id="0b9ff0a5-4a2e-4d0a-9b64-000000000000")
    assert [load(put())["outcome"], load(put(file=other))["outcome"]] == ["loaded", "loaded"]
    assert len(loads.newest("weather", 1, "daily")) == 2
    assert catalogue.partitions("weather_v1", "daily") == {FILE.load_timestamp}


def test_the_schema_is_of_the_major_version_in_the_key(s3: Any) -> None:
    samples.register(samples.metadata())
    samples.register(samples.metadata(version="v2.0"), {"daily": samples.schema(day="string")})
    put()
    assert load()["outcome"] == "loaded"
    assert catalogue.databases("weather") == ("weather_v1",)


def test_a_column_that_was_added_later_is_null(s3: Any) -> None:
    prepare()
    newer = samples.schema(day="date", highest="decimal(4,1)", lowest="decimal(4,1)")
    samples.register(samples.metadata(version="v1.1"), {"daily": newer})
    assert load()["outcome"] == "loaded"
    assert [row["lowest"] for row in parquet().read().to_pylist()] == [None, None]


def test_it_is_loaded_again_when_asked_for(s3: Any) -> None:
    prepare()
    load()
    event = samples.object_created(DATA, FILE.key)
    for since, outcome in (
        (datetime.now(UTC) + timedelta(minutes=1), "loaded"),
        (datetime.now(UTC) - timedelta(minutes=1), "loaded_before"),
    ):
        event["detail"]["rebuildSince"] = since.isoformat()
        assert load(event)["outcome"] == outcome
    assert_loaded()


def test_a_raw_file_that_was_replaced_is_loaded_again(s3: Any) -> None:
    prepare()
    load()
    put(b"day,highest\n2024-03-01,1.5\n")
    assert load()["outcome"] == "loaded"
    assert parquet().metadata.num_rows == 1


def test_a_row_that_does_not_fit_is_refused_with_its_line(
    s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare()
    put(b"day,highest\n2024-01-31,9.5\n2024-02-01,warm\n")
    assert load() == {"outcome": "refused", "key": FILE.key}
    reason = objects.read(DATA, FILE.reason_key)
    assert reason
    assert json.loads(reason[0])["problems"] == [
        {"line": 3, "column": "highest", "message": "'warm' is no decimal(4,1)"}
    ]
    assert objects.info(DATA, CURATED.key) is None
    assert objects.info(DATA, FILE.key)
    assert not catalogue.has_partition(CURATED)
    output = capsys.readouterr().out
    assert "LoadsRefused" in output
    assert "warm" not in output


def test_a_file_without_schema_is_refused(s3: Any) -> None:
    put()
    assert load()["outcome"] == "refused"
    reason = objects.read(DATA, FILE.reason_key)
    assert reason
    assert b"weather is not registered" in reason[0]


def test_a_file_that_is_not_there_is_gone(s3: Any) -> None:
    assert load() == {"outcome": "gone", "key": FILE.key}


@pytest.mark.parametrize("key", ["raw/a.csv", samples.file().key, CURATED.key])
def test_another_key_is_ignored(key: str, s3: Any) -> None:
    assert load(samples.object_created(DATA, key)) == {"outcome": "ignored", "key": key}


@pytest.mark.parametrize(
    ("event", "field"), [({}, "detail"), ({"detail": {"rebuildSince": "x"}}, "detail.rebuildSince")]
)
def test_a_malformed_event_is_an_error(event: dict[str, Any], field: str, s3: Any) -> None:
    with pytest.raises(BadEvent, match=f"{field}: "):
        handler(event, Context())


def test_glue_failing_is_an_error_and_the_next_event_goes_on(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalServiceException"}}, "CreatePartition")

    with monkeypatch.context() as broken:
        broken.setattr(aws.client("glue"), "create_partition", fail)
        with pytest.raises(ClientError):
            load()
    assert load()["outcome"] == "loaded"
    assert_loaded()


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("curated_load.handler") & {"boto3", "requests"}


NARROW = samples.schema(day="date")


def changed(schema: TableSchema, version: str = "v2.0", *tables: str) -> None:
    samples.register(
        samples.metadata(version=version, schemas=tables or ("daily",)), {"daily": schema}
    )


def test_a_file_that_was_on_its_way_over_a_major_change_reaches_the_new_version(s3: Any) -> None:
    prepare()
    changed(NARROW)
    changed(NARROW, "v3.0")
    assert load()["outcome"] == "loaded"
    assert_loaded_in(1, 2, 3)
    table = catalogue.get_table("weather_v2", "daily")
    assert table
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["day"]


def assert_loaded_in(*majors: int) -> None:
    assert catalogue.databases("weather") == tuple(f"weather_v{major}" for major in majors)
    for major in majors:
        assert catalogue.partitions(f"weather_v{major}", "daily") == {FILE.load_timestamp}
        assert parquet(CURATED.in_major(major)).metadata.num_rows == ROWS


@pytest.mark.parametrize(
    ("schema", "tables"),
    [(samples.schema(day="string"), ("daily",)), (NARROW, ("hourly",))],
    ids=["a type changed", "the table was deleted"],
)
def test_a_file_that_fits_no_later_version_stays_in_its_own_and_that_is_counted(
    schema: TableSchema, tables: tuple[str, ...], s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare()
    changed(schema, "v2.0", *tables)
    # Of the same name, but another table.
    changed(NARROW, "v2.1", "daily")
    if tables == ("daily",):
        changed(schema, "v2.1")
    assert load()["outcome"] == "loaded"
    assert_loaded_in(1)
    assert '"LoadsOfEarlierVersions":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_column_that_comes_back_as_another_type_keeps_an_old_file_out(s3: Any) -> None:
    prepare()
    changed(NARROW)
    changed(samples.schema(day="date", highest="string"), "v3.0")
    load()
    assert_loaded_in(1, 2)


def test_a_load_of_before_a_change_is_not_taken_over_when_it_is_rebuilt(s3: Any) -> None:
    prepare()
    load()
    changed(NARROW)
    event = put()
    event["detail"]["rebuildSince"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert load(event)["outcome"] == "loaded"
    assert_loaded_in(1)


def test_what_was_taken_over_is_rebuilt_after_curated_data_is_lost(
    s3: Any, started: Started
) -> None:
    prepare()
    changed(NARROW)
    load()
    assert resync_unloaded({"product": "weather"}, Context())["queued"] == 0
    for lost in ([CURATED, CURATED.in_major(2)], [CURATED.in_major(2)]):
        for file in lost:
            objects.delete(DATA, file.key)
        started.events.clear()
        assert resync_unloaded({"product": "weather"}, Context())["queued"] == 1
        (event,) = started.of("curated_load")
        assert load(event)["outcome"] == "loaded"
        assert_loaded_in(1, 2)
    assert load()["outcome"] == "loaded_before"


def test_glue_is_told_how_many_rows_a_load_has(s3: Any) -> None:
    samples.register(samples.metadata())
    second = replace(FILE, file_id=FILE.file_id.replace("a", "b"))
    for file, rows in ((FILE, "2"), (second, "4")):
        s3.put_object(Bucket=DATA, Key=file.key, Body=CONTENT, Metadata={"rows": "2"})
        handler(samples.object_created(DATA, file.key), Context())
        assert catalogue.loads("weather_v1", "daily") == {FILE.load_timestamp: {"numRows": rows}}


def test_a_crash_at_any_write_of_a_file_on_its_way_is_repaired(environment: None) -> None:
    def prepare_changed() -> None:
        prepare()
        changed(NARROW)

    def loaded_after_all() -> None:
        load()
        assert_loaded_in(1, 2)

    assert crash.at_every_write(prepare_changed, load, loaded_after_all) >= 6
