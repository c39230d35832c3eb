from __future__ import annotations

from typing import Any

import pytest

from ingestion import loads, objects
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from ingestion_testing.fixtures import DATA

OLD, NEW = "20231231T235959Z", "20240101T000000Z"


def put(s3: Any, *files: DataFile) -> None:
    for file in files:
        s3.put_object(Bucket=DATA, Key=file.key, Body=file.key.encode(), Metadata={"a": "b"})


def curated(load_timestamp: str, number: int = 0, table: str = "daily") -> DataFile:
    file_id = f"0b9ff0a5-4a2e-4d0a-9b64-00000000000{number}"
    return samples.file(Area.CURATED, table=table, load_timestamp=load_timestamp, file_id=file_id)


def test_files_are_a_products_in_one_area(s3: Any) -> None:
    mine = samples.file(Area.RAW)
    put(s3, mine, samples.file(Area.CURATED), samples.file(Area.RAW, product="weather_x"))
    s3.put_object(Bucket=DATA, Key=f"{mine.prefix}notes.txt", Body=b"")
    assert list(loads.files(Area.RAW, "weather")) == [mine]
    assert list(loads.files(Area.RAW, "weather", after=mine.key)) == []


def test_the_newest_load_has_all_of_its_files(s3: Any) -> None:
    put(s3, curated(OLD), curated(NEW, 1), curated(NEW, 2), curated(NEW, 3, table="hourly"))
    assert loads.newest("weather", 1, "daily") == (curated(NEW, 1), curated(NEW, 2))
    assert loads.newest("weather", 2, "daily") == ()


def test_a_load_is_carried_over_as_it_is(s3: Any) -> None:
    load = (curated(NEW, 1), curated(NEW, 2))
    put(s3, *load)
    carried = loads.carry_over(load, 2)
    assert carried == tuple(file.in_major(2) for file in load)
    for old, new in zip(load, carried, strict=True):
        copied = s3.get_object(Bucket=DATA, Key=new.key)
        assert copied["Body"].read() == old.key.encode()
        assert copied["Metadata"] == {"a": "b"}
        assert copied["ServerSideEncryption"] == "AES256"
        assert objects.info(DATA, old.key)


def test_what_an_attempt_before_has_copied_is_not_copied_again(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = (curated(NEW, 1), curated(NEW, 2))
    put(s3, *load)
    loads.carry_over(load[:1], 2)
    copied: list[str] = []
    copy = objects.copy

    def noted(source: objects.ObjectInfo, bucket: str, key: str) -> None:
        copied.append(key)
        copy(source, bucket, key)

    monkeypatch.setattr(objects, "copy", noted)
    loads.carry_over(load, 2)
    assert copied == [load[1].in_major(2).key]


def test_strangers_are_no_load(s3: Any) -> None:
    put(s3, curated(OLD))
    folder = curated(NEW).prefix
    for key in (f"{folder}_SUCCESS", folder, f"{curated(OLD).prefix}_SUCCESS"):
        s3.put_object(Bucket=DATA, Key=key, Body=b"")
    assert loads.newest("weather", 1, "daily") == (curated(OLD),)


def test_a_load_that_is_gone_is_an_error(s3: Any) -> None:
    with pytest.raises(FileNotFoundError, match="s3://data-bucket/curated/weather"):
        loads.carry_over((curated(NEW),), 2)
