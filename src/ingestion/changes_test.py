"""The protocol, stopped and repeated. All pairs of two at once are in `tests/pipeline/pairs.py`."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from ingestion import aws, catalogue, changes, objects, store, versioning
from ingestion.errors import BadRequest, Conflict
from ingestion.names import Area, Version
from ingestion.schemas import ProductDetails, ProductMetadata, TableSchema
from ingestion_testing import crash, fixtures, interpose, samples
from ingestion_testing.fixtures import DATA, METADATA

LESS = samples.schema(day="date")
MORE = samples.schema(day="date", highest="decimal(4,1)", lowest="int")


def prepare() -> None:
    samples.register(samples.metadata(schemas=("daily", "hourly")))
    for table in ("daily", "hourly"):
        file = samples.file(Area.CURATED, table=table)
        objects.write(DATA, file.key, b"parquet", "text/plain")
        catalogue.register_load(file, samples.schema(), Version(1, 0))


def reshape(schema: TableSchema, seconds: int = 30) -> ProductMetadata:
    until = changes.now() + timedelta(seconds=seconds)
    return changes.make(
        "weather",
        lambda head: versioning.new_schema(
            head.current("weather"),
            "daily",
            store.load_schema(head.current("weather"), "daily"),
            schema,
        ),
        until,
    ).metadata


def head() -> Any:
    found = store.read_head("weather")
    assert found
    return found.head


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    monkeypatch.setattr(changes, "now", lambda: moment)


def test_a_version_is_whole_before_the_head_names_it(s3: Any) -> None:
    prepare()
    made = reshape(MORE)
    assert made.version == "v1.1"
    assert head().metadata == made == store.load_metadata("weather", Version(1, 1))
    assert store.load_schemas(made) == {"daily": MORE, "hourly": samples.schema()}
    assert store.load_schemas(samples.metadata(schemas=("daily", "hourly")))


def test_what_a_retry_has_committed_is_not_touched_by_the_one_before_it(environment: None) -> None:
    """Nor is a load that has come in since."""
    for step in range(1000):
        committed: dict[tuple[str, str], Any] = {}

        def retry(committed: dict[tuple[str, str], Any] = committed) -> None:
            reshape(LESS)
            load = samples.file(Area.CURATED, load_timestamp="20990101T000000Z").in_major(2)
            objects.write(DATA, load.key, b"since", "text/plain")
            committed.update(held())

        with fixtures.world():
            prepare()
            with interpose.before_call(step, retry) as interposed, suppress(BadRequest):
                reshape(LESS)
            if interposed.call is None:
                break
            assert held() == committed, f"a retry before call {step}, {interposed.call}"
    assert step > 10


def held() -> dict[tuple[str, str], Any]:
    """What the buckets hold, to the byte."""
    return {
        (bucket, key): objects.read(bucket, key)
        for bucket in (METADATA, DATA)
        for key in objects.keys(bucket, "")
    }


def test_while_one_is_made_another_is_refused_and_writes_nothing(s3: Any) -> None:
    prepare()
    with crash.crashing(step=5):
        reshape(LESS)
    before = {key: objects.read(METADATA, key) for key in objects.keys(METADATA, "")}
    with pytest.raises(Conflict, match=r"another change .* try again after \d\d:\d\d:\d\d UTC"):
        reshape(MORE)
    assert {key: objects.read(METADATA, key) for key in objects.keys(METADATA, "")} == before


def test_what_was_given_up_leaves_nothing_and_its_number_is_no_other_change_s(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    with crash.crashing(step=18):
        reshape(LESS)
    assert catalogue.databases("weather") == ("weather_v1", "weather_v2")
    later(monkeypatch, 31)
    assert reshape(MORE).version == "v1.1"
    assert catalogue.databases("weather") == ("weather_v1",)
    assert not list(objects.keys(DATA, "curated/weather/v2/"))
    assert not list(objects.keys(METADATA, "weather/v2"))
    assert reshape(LESS).version == "v3.0"
    assert head().earlier == ("v1.1",)


def test_a_first_table_that_was_given_up_is_not_left_in_the_version(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.register(samples.metadata(schemas=()))

    def create() -> ProductMetadata:
        until = changes.now() + timedelta(seconds=30)
        return changes.make(
            "weather",
            lambda head: versioning.new_table(head.current("weather"), "daily", LESS),
            until,
        ).metadata

    with crash.crashing(step=5):
        create()
    later(monkeypatch, 31)
    new = samples.metadata(schemas=(), description="other")
    changes.make(
        "weather",
        lambda head: versioning.redescription(head.current("weather"), details_of(new)),
        changes.now() + timedelta(seconds=30),
    )
    assert list(objects.keys(METADATA, "weather/v1.0/")) == ["weather/v1.0/metadata.json"]
    assert store.load_metadata("weather", Version(1, 0)) == samples.metadata(schemas=())


def details_of(metadata: ProductMetadata) -> Any:
    fields = set(ProductDetails.model_fields)
    return ProductDetails(**metadata.model_dump(include=fields))


def test_an_answer_that_is_lost_on_its_way_is_no_conflict(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore asks again then, and S3 refuses what it has done before."""
    prepare()
    put = aws.client("s3").put_object

    def put_and_lose(**parameters: Any) -> Any:
        put(**parameters)
        return put(**parameters)

    monkeypatch.setattr(aws.client("s3"), "put_object", put_and_lose)
    assert reshape(MORE).version == "v1.1"
    assert head().claim is None


def test_a_fault_leaves_the_old_version_and_the_same_again_goes_on(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()

    def fail(**_: Any) -> None:
        raise ConnectionClosedError(endpoint_url="glue")

    with monkeypatch.context() as broken:
        broken.setattr(aws.client("glue"), "create_table", fail)
        with pytest.raises(ConnectionClosedError):
            reshape(LESS)
    assert store.load_latest("weather").version == "v1.0"
    assert reshape(LESS).version == "v2.0"
    # The first one may still be at work on it, for all that S3 knows.
    with pytest.raises(Conflict, match="try again after"):
        head().deleting("weather", changes.now())
