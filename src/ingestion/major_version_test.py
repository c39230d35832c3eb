from __future__ import annotations

from typing import Any

from ingestion import catalogue, loads, major_version, names, objects, store
from ingestion.names import Area, DataFile
from ingestion_testing import crash, samples
from ingestion_testing.fixtures import DATA, METADATA

TABLES = ("daily", "hourly", "monthly")
OLD = samples.metadata(schemas=TABLES)
NEW = samples.metadata(version="v2.0", schemas=("daily", "hourly"))
SCHEMAS = {table: samples.schema() for table in NEW.schemas}
LOADS = ("20240101T000000Z", "20240102T000000Z")


def prepare() -> None:
    """Three tables; `daily` and `monthly` have two loads, `hourly` has none."""
    samples.register(OLD)
    for table in ("daily", "monthly"):
        for load in LOADS:
            loaded(samples.file(Area.CURATED, table=table, load_timestamp=load))


def loaded(file: DataFile) -> None:
    objects.write(DATA, file.key, file.key.encode(), "text/plain")
    catalogue.register_load(file, samples.schema(), names.Version(file.major, 0))


def publish() -> None:
    store.write_documents(NEW, SCHEMAS, OLD)
    major_version.carry_over(major_version.newest_loads(OLD, NEW.schemas), NEW)


def assert_published() -> None:
    carried = samples.file(Area.CURATED, load_timestamp=LOADS[1]).in_major(2)
    assert list(objects.keys(DATA, "curated/weather/v2/")) == [carried.key]
    assert catalogue.tables("weather_v2") == ("daily",)
    assert catalogue.partitions("weather_v2", "daily") == {LOADS[1]}
    assert catalogue.partitions("weather_v1", "daily") == set(LOADS)
    assert set(catalogue.tables("weather_v1")) == {"daily", "monthly"}


def test_the_newest_loads_are_carried_over_and_the_old_version_stays(s3: Any) -> None:
    prepare()
    publish()
    assert_published()


def test_a_table_that_is_not_carried_begins_empty(s3: Any) -> None:
    prepare()
    store.write_documents(NEW, SCHEMAS, OLD)
    major_version.carry_over(major_version.newest_loads(OLD, ["hourly"]), NEW)
    assert catalogue.tables("weather_v2") == ()
    assert loads.newest("weather", 2, "daily") == ()


def test_what_a_given_up_version_left_is_removed(s3: Any) -> None:
    prepare()
    publish()
    major_version.remove("weather", 2)
    assert catalogue.databases("weather") == ("weather_v1",)
    assert list(objects.keys(DATA, "curated/weather/v2/")) == []
    assert list(objects.keys(METADATA, "weather/v2")) == []
    assert store.load_schemas(OLD)


def test_a_crash_at_any_write_is_repaired_by_the_next_attempt(environment: None) -> None:
    def repair() -> None:
        publish()
        assert_published()

    assert crash.at_every_write(prepare, publish, repair) > 10
