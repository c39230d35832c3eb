from __future__ import annotations

from typing import Any

import pytest

from ingestion import objects, store
from ingestion.errors import NotFound
from ingestion.names import Version
from ingestion_testing import samples
from ingestion_testing.fixtures import METADATA


def test_what_was_written_is_found_by_its_version(s3: Any) -> None:
    samples.register(samples.metadata())
    assert store.load_metadata("weather", Version(1, 0)) == samples.metadata()
    assert store.load_schema(store.load_latest("weather"), "daily") == samples.schema()


def test_the_latest_is_by_number_and_within_a_major_version(s3: Any) -> None:
    for version in ("v1.9", "v1.10", "v2.0"):
        samples.register(samples.metadata(version=version))
    assert store.load_latest("weather").version == "v2.0"
    assert store.load_latest("weather", major=1).version == "v1.10"
    with pytest.raises(NotFound, match="weather is not registered in major version 3"):
        store.load_latest("weather", major=3)


def test_a_product_is_not_another_one_that_starts_alike(s3: Any) -> None:
    samples.register(samples.metadata("weather_daily"))
    with pytest.raises(NotFound, match="weather is not registered"):
        store.load_latest("weather")


def test_a_version_that_the_head_does_not_name_does_not_exist(s3: Any) -> None:
    samples.register(samples.metadata())
    newer = samples.metadata(version="v1.1")
    store.write_documents(newer, {"daily": samples.schema()}, None)
    assert store.load_latest("weather").version == "v1.0"


def test_a_table_that_the_version_does_not_list_has_no_schema(s3: Any) -> None:
    samples.register(samples.metadata())
    s3.put_object(Bucket=METADATA, Key="weather/v1.0/hourly/schema.json", Body=b"{}")
    with pytest.raises(NotFound, match=r"table hourly has no schema in weather v1\.0"):
        store.load_schema(samples.metadata(), "hourly")


def test_every_document_is_encrypted(s3: Any) -> None:
    samples.register(samples.metadata())
    for key in ("weather/v1.0/metadata.json", "weather/v1.0/daily/schema.json"):
        head = s3.head_object(Bucket=METADATA, Key=key)
        assert head["ServerSideEncryption"] == "AES256"
        assert head["ContentType"] == "application/json"


def test_a_product_that_is_being_deleted_is_gone(s3: Any) -> None:
    samples.register(samples.metadata())
    samples.start_deletion("weather")
    with pytest.raises(NotFound, match="weather is not registered"):
        store.load_latest("weather")


def test_of_two_who_replace_one_head_one_wins(s3: Any) -> None:
    samples.register(samples.metadata())
    found = store.read_head("weather")
    assert found
    other = found.head.model_copy(update={"highest_major": 7})
    store.write_head("weather", other, found)
    for head in (found.head, other):
        with pytest.raises(objects.Changed):
            store.write_head("weather", head, found)
    with pytest.raises(objects.Changed):
        store.delete_head("weather", found)
    with pytest.raises(objects.Changed):
        store.write_head("weather", other, None)


def test_a_head_that_is_gone_is_not_replaced(s3: Any) -> None:
    samples.register(samples.metadata())
    found = store.read_head("weather")
    assert found
    store.delete_head("weather", found)
    with pytest.raises(objects.Changed):
        store.write_head("weather", found.head, found)


@pytest.mark.parametrize(
    "key", ["tmp/x", "_SUCCESS", "v1.0/", "v1.0/_SUCCESS", "vx/metadata.json", "v01.0/a", "v2.0/"]
)
def test_a_stranger_in_the_bucket_is_no_matter(key: str, s3: Any) -> None:
    samples.register(samples.metadata())
    s3.put_object(Bucket=METADATA, Key=f"weather/{key}", Body=b"?")
    s3.put_object(Bucket=METADATA, Key="weather/", Body=b"")
    assert store.load_latest("weather") == samples.metadata()
    assert store.load_schemas(samples.metadata()) == {"daily": samples.schema()}
