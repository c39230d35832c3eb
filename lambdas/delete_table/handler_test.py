from __future__ import annotations

from typing import Any

from delete_table.handler import handler

from ingestion import catalogue, loads, names, objects, store
from ingestion.names import Area
from ingestion_testing import crash, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import DATA, Started


def delete(table: str = "daily", product: str = "weather") -> tuple[int, Any]:
    return call(handler, "DELETE", product=product, table=table)


def prepare() -> None:
    samples.register(samples.metadata(schemas=("daily", "hourly")))
    for table in ("daily", "hourly"):
        file = samples.file(Area.CURATED, table=table)
        objects.write(DATA, file.key, b"parquet", "text/plain")
        catalogue.register_load(file, samples.schema(), names.FIRST_VERSION)


def test_a_major_version_is_without_the_table(s3: Any, started: Started) -> None:
    prepare()
    assert delete() == (200, {"product": "weather", "table": "daily", "version": "v2.0"})
    latest = store.load_latest("weather")
    assert (latest.version, latest.schemas) == ("v2.0", ("hourly",))
    assert catalogue.tables("weather_v2") == ("hourly",)
    assert len(loads.newest("weather", 2, "hourly")) == 1
    assert started.of("push_to_catalogue") == [{"product": "weather"}]


def test_the_older_versions_keep_the_table(s3: Any, started: Started) -> None:
    prepare()
    delete()
    assert store.load_latest("weather", major=1).schemas == ("daily", "hourly")
    assert catalogue.tables("weather_v1") == ("daily", "hourly")
    assert len(loads.newest("weather", 1, "daily")) == 1


def test_the_last_table_may_go(s3: Any, started: Started) -> None:
    samples.register(samples.metadata())
    assert delete()[1]["version"] == "v2.0"
    assert store.load_latest("weather").schemas == ()


def test_what_is_not_there_is_not_found(s3: Any, started: Started) -> None:
    assert refusal(delete())[:2] == (404, "NotFound")
    prepare()
    delete()
    message = "table daily has no schema in weather v2.0"
    assert refusal(delete()) == (404, "NotFound", message)


def test_a_wrong_name_or_method_is_refused(s3: Any) -> None:
    assert refusal(delete("Daily"))[0] == 400
    assert refusal(call(handler, "GET"))[0] == 405


def test_a_crash_at_any_write_leaves_a_whole_version_and_can_be_repeated(
    environment: None, started: Started
) -> None:
    def deleted_after_all() -> None:
        assert store.load_latest("weather").version in ("v1.0", "v2.0")
        delete()
        latest = store.load_latest("weather")
        assert (latest.version, latest.schemas) == ("v2.0", ("hourly",))
        assert catalogue.partitions("weather_v2", "hourly")
        assert len(loads.newest("weather", 2, "hourly")) == 1

    assert crash.at_every_write(prepare, delete, deleted_after_all) >= 10


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("delete_table.handler") & {"pyarrow", "boto3", "requests"}
