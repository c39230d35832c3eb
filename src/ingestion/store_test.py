from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingestion import objects, store
from ingestion.errors import Conflict, NotFound
from ingestion.names import Version
from ingestion_testing import crash, samples
from ingestion_testing.fixtures import METADATA


def test_what_was_written_is_found_by_its_version(s3: Any) -> None:
    samples.register(samples.metadata())
    assert store.latest_version("weather") == Version(1, 0)
    assert store.load_metadata("weather", Version(1, 0)) == samples.metadata()
    assert store.load_schema(store.load_latest("weather"), "daily") == samples.schema()


def test_the_latest_is_by_number_and_within_a_major_version(s3: Any) -> None:
    for version in ("v1.9", "v1.10", "v2.0"):
        samples.register(samples.metadata(version=version))
    assert store.latest_version("weather") == Version(2, 0)
    assert store.latest_version("weather", major=1) == Version(1, 10)
    assert store.load_latest("weather", major=1).version == "v1.10"
    assert store.latest_version("weather", major=3) is None


def test_a_product_is_not_another_one_that_starts_alike(s3: Any) -> None:
    samples.register(samples.metadata("weather_daily"))
    assert store.latest_version("weather") is None
    with pytest.raises(NotFound, match="weather is not registered"):
        store.load_latest("weather")


def test_a_version_without_metadata_does_not_exist(s3: Any) -> None:
    samples.register(samples.metadata())
    s3.put_object(Bucket=METADATA, Key="weather/v1.1/daily/schema.json", Body=b"{}")
    assert store.latest_version("weather") == Version(1, 0)


def test_a_table_that_the_version_does_not_list_has_no_schema(s3: Any) -> None:
    samples.register(samples.metadata())
    s3.put_object(Bucket=METADATA, Key="weather/v1.0/hourly/schema.json", Body=b"{}")
    with pytest.raises(NotFound, match=r"table hourly has no schema in weather v1\.0"):
        store.load_schema(samples.metadata(), "hourly")


def test_a_version_is_never_written_over(s3: Any) -> None:
    samples.register(samples.metadata())
    before = objects.read(METADATA, "weather/v1.0/metadata.json")
    with pytest.raises(Conflict, match=r"v1\.0 of data product weather exists already"):
        samples.register(samples.metadata(description="another"))
    assert objects.read(METADATA, "weather/v1.0/metadata.json") == before


def test_every_document_is_encrypted(s3: Any) -> None:
    samples.register(samples.metadata())
    for key in ("weather/v1.0/metadata.json", "weather/v1.0/daily/schema.json"):
        head = s3.head_object(Bucket=METADATA, Key=key)
        assert head["ServerSideEncryption"] == "AES256"
        assert head["ContentType"] == "application/json"


def _claim_of_another(s3: Any, version: str = "v1.0") -> None:
    """What a writer leaves that was interrupted, or is still at work."""
    key = f"weather/{version}/claim.json"
    objects.write(METADATA, key, b'{"change": "sha256:another"}', "application/json")
    objects.write(METADATA, f"weather/{version}/daily/schema.json", b"{}", "application/json")
    objects.write(METADATA, f"weather/{version}/monthly/schema.json", b"{}", "application/json")


def test_another_writer_at_work_is_left_alone(s3: Any) -> None:
    _claim_of_another(s3)
    before = list(objects.keys(METADATA, ""))
    with pytest.raises(Conflict, match="another change of data product weather is being made"):
        samples.register(samples.metadata())
    assert store.latest_version("weather") is None
    assert list(objects.keys(METADATA, "")) == before


def test_an_abandoned_change_is_written_over(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _claim_of_another(s3)
    later = datetime.now(UTC) + store.WRITER_GONE + timedelta(seconds=1)
    monkeypatch.setattr(store, "_now", lambda: later)
    samples.register(samples.metadata())
    assert store.load_schema(store.load_latest("weather"), "daily") == samples.schema()
    assert list(objects.keys(METADATA, "")) == [
        "weather/v1.0/daily/schema.json",
        "weather/v1.0/metadata.json",
    ]


def test_a_claim_that_was_free_because_the_version_is_made_is_given_back(s3: Any) -> None:
    samples.register(samples.metadata())
    before = {key: objects.read(METADATA, key) for key in objects.keys(METADATA, "")}
    with pytest.raises(Conflict, match="exists already"):
        store.begin_version(samples.metadata(description="another"), {"daily": samples.schema()})
    assert {key: objects.read(METADATA, key) for key in objects.keys(METADATA, "")} == before


def test_of_two_who_make_the_same_version_one_wins(s3: Any) -> None:
    one = samples.metadata(version="v1.1", description="one")
    other = samples.metadata(version="v1.1", description="other")
    samples.register(samples.metadata())
    store.begin_version(one, {"daily": samples.schema()})
    with pytest.raises(Conflict):
        store.begin_version(other, {"daily": samples.schema()})
    store.commit_version(one)
    with pytest.raises(Conflict):
        store.commit_version(other)
    assert store.load_latest("weather").description == "one"


def test_a_crash_at_any_write_leaves_the_version_whole_or_absent_and_can_be_repeated(
    environment: None,
) -> None:
    new = samples.metadata(version="v1.1", schemas=("daily", "hourly"))

    def whole_or_absent() -> None:
        latest = store.load_latest("weather")
        assert latest in (samples.metadata(), new)
        assert store.load_schemas(latest)
        if latest != new:
            samples.register(new)
        assert store.load_latest("weather") == new
        assert set(store.load_schemas(new)) == {"daily", "hourly"}

    crashes = crash.at_every_write(
        lambda: samples.register(samples.metadata()), lambda: samples.register(new), whole_or_absent
    )
    # Claim, two schemas, metadata, and the claim's deletion, each before and after.
    assert crashes == 10


def test_a_product_that_is_being_deleted_is_gone(s3: Any) -> None:
    samples.register(samples.metadata())
    assert not store.is_being_deleted("weather")
    objects.write(METADATA, "weather/deleting.json", b"{}", "application/json")
    assert store.is_being_deleted("weather")
    assert store.latest_version("weather") is None


def test_metadata_and_schemas_must_agree() -> None:
    with pytest.raises(ValueError, match="daily"):
        store.write_version(samples.metadata(), {})


def test_the_first_schema_completes_its_version(s3: Any) -> None:
    samples.register(samples.metadata(schemas=()))
    store.add_first_schema(samples.metadata(), "daily", samples.schema())
    assert store.load_latest("weather") == samples.metadata()
    assert store.load_schema(samples.metadata(), "daily") == samples.schema()


def test_of_two_first_schemas_one_wins(s3: Any) -> None:
    samples.register(samples.metadata(schemas=()))
    store.add_first_schema(samples.metadata(), "daily", samples.schema())
    with pytest.raises(Conflict, match="another change"):
        store.add_first_schema(samples.metadata(schemas=("hourly",)), "hourly", samples.schema())
    stored = objects.read(METADATA, "weather/v1.0/metadata.json")
    assert stored
    assert json.loads(stored[0])["schemas"] == ["daily"]
