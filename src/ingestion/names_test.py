from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import names
from ingestion.errors import InvalidName
from ingestion.names import Area, DataFile, Version

identifiers = st.from_regex(r"[a-z][a-z0-9_]{0,127}", fullmatch=True)
versions = st.builds(Version, st.integers(1, 10**9 - 1), st.integers(0, 10**9 - 1))
files = st.builds(
    DataFile,
    area=st.sampled_from(Area),
    product=identifiers,
    major=st.integers(1, 10**9 - 1),
    table=identifiers,
    load_timestamp=st.datetimes(
        min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC)
    ).map(names.load_timestamp),
    file_id=st.uuids(version=4).map(str),
)


@pytest.mark.parametrize("text", ["a", "a1_", "x" * 128])
def test_valid_names(text: str) -> None:
    assert names.product_name(text) == text
    assert names.table_name(text) == text


@pytest.mark.parametrize("text", ["", "A", "1a", "_a", "a-b", "a b", "a\n", "é", "x" * 129])
def test_invalid_names_are_refused_and_named(text: str) -> None:
    with pytest.raises(InvalidName, match="product name"):
        names.product_name(text)
    with pytest.raises(InvalidName, match="table name"):
        names.table_name(text)


@pytest.mark.parametrize("text", ["1", "_", "a_1", "x" * 255])
def test_valid_column_names(text: str) -> None:
    assert names.column_name(text) == text


@pytest.mark.parametrize("text", ["", "A", "a b", "a\n", "x" * 256])
def test_invalid_column_names(text: str) -> None:
    with pytest.raises(InvalidName, match="column name"):
        names.column_name(text)


@given(versions)
def test_a_version_reads_back(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(versions, versions)
def test_versions_are_ordered_by_their_numbers(one: Version, other: Version) -> None:
    assert (one < other) == ((one.major, one.minor) < (other.major, other.minor))


def test_v1_10_comes_after_v1_9() -> None:
    assert sorted([Version.parse("v1.10"), Version.parse("v1.9")])[-1] == Version(1, 10)


@given(versions)
def test_the_next_version_is_greater(version: Version) -> None:
    assert version < version.next_minor() < Version(version.major + 1, 0)


@pytest.mark.parametrize("text", ["", "1.0", "v1", "v0.1", "v01.0", "v1.00", "v1.0 ", "v1.0\n"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidName, match=r"v1\.0"):
        Version.parse(text)


@given(files)
def test_a_key_reads_back(file: DataFile) -> None:
    assert DataFile.parse(file.key) == file


@given(files, st.sampled_from(Area))
def test_a_file_keeps_all_but_its_area_and_suffix_when_it_moves(file: DataFile, to: Area) -> None:
    moved = file.moved_to(to)
    assert moved.moved_to(file.area) == file
    assert moved.key.split("/", 1)[1].split(".")[0] == file.key.split("/", 1)[1].split(".")[0]


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    with suppress(InvalidName):
        assert DataFile.parse(text).key == text


@given(files, st.sampled_from(Area))
def test_a_key_is_looked_for_in_one_area(file: DataFile, area: Area) -> None:
    assert DataFile.parse_in(area, file.key) == (file if file.area is area else None)
    assert DataFile.parse_in(area, f"{file.key}x") is None


_TAIL = "p/v1/t/load_timestamp=20240131T000000Z/0b9ff0a5-4a2e-4d0a-9b64-0a3f8b1f9a11"


def test_the_layout() -> None:
    file = DataFile.parse(f"landing/{_TAIL}.csv")
    assert file.moved_to(Area.CURATED).key == f"curated/{_TAIL}.parquet"
    assert file.reason_key == f"fail/{_TAIL}.reason.json"
    assert names.table_prefix(Area.RAW, "p", 2, "t") == "raw/p/v2/t/"
    assert names.metadata_key("p", Version(1, 2)) == "p/v1.2/metadata.json"
    assert names.schema_key("p", Version(1, 2), "t") == "p/v1.2/t/schema.json"
    assert names.s3_uri("bucket", "a/b") == "s3://bucket/a/b"
    assert names.glue_database("p", 3) == "p_v3"
    assert names.product_id("p", Version(1, 2)) == "dp:p:v1.2"


@pytest.mark.parametrize(
    "key",
    [
        f"landing/{_TAIL}.parquet",
        f"curated/{_TAIL}.csv",
        f"elsewhere/{_TAIL}.csv",
        f"landing/{_TAIL}.csv/",
        f"landing/{_TAIL}.csv\n",
        f"landing/{_TAIL.replace('/v1/', '/v1.0/')}.csv",
        f"landing/{_TAIL.replace('20240131', '20240231')}.csv",
        f"landing/{_TAIL.replace('-4d0a', '-1d0a')}.csv",
        f"landing/{_TAIL.replace('p/v1', 'p' * 129 + '/v1')}.csv",
    ],
)
def test_what_is_no_key_of_the_layout_is_refused(key: str) -> None:
    with pytest.raises(InvalidName):
        DataFile.parse(key)


def test_a_load_timestamp_is_in_utc_whatever_the_zone() -> None:
    moment = datetime(2024, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert names.load_timestamp(moment) == "20231231T230000Z"
    with pytest.raises(ValueError, match="time zone"):
        names.load_timestamp(datetime(2024, 1, 1))
