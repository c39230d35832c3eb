from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from data import large_csv

from ingestion import csv_files
from ingestion.schemas import TableSchema

ROWS = {"airports": 3376, "seattle_weather": 1461, "us_employment": 120}


def here(name: str) -> Path:
    """A file beside this one: the test runs at the repository's root."""
    return Path("tests/data", name)


def test_every_file_has_its_schema_and_its_licence() -> None:
    readme = here("README.md").read_text()
    files = {path.stem for path in here("").glob("*.csv")}
    assert files == set(ROWS)
    for name in files:
        assert f"`{name}.csv`" in readme
        assert here(f"{name}.schema.json").is_file()


@pytest.mark.parametrize("name", ROWS)
def test_a_file_is_of_its_schema(name: str) -> None:
    schema = TableSchema.model_validate_json(here(f"{name}.schema.json").read_bytes())
    assert csv_files.check(lambda: here(f"{name}.csv").open("rb"), schema) == ROWS[name]


def test_an_airports_name_keeps_its_quotes_and_na_is_a_text() -> None:
    schema = TableSchema.model_validate_json(here("airports.schema.json").read_bytes())
    rows = [
        row
        for batch in csv_files.batches(lambda: here("airports.csv").open("rb"), schema)
        for row in batch.to_pylist()
    ]
    assert 'W. H. "Bud" Barron' in {row["name"] for row in rows}
    assert "NA" in {row["state"] for row in rows}


def made(size: int) -> bytes:
    target = io.BytesIO()
    large_csv.write(target, size)
    return target.getvalue()


def test_a_large_file_is_of_its_schema_and_size() -> None:
    content = made(3_000_000)
    assert 3_000_000 <= len(content) < 5_000_000
    rows = csv_files.check(lambda: io.BytesIO(content), large_csv.SCHEMA)
    assert rows == content.count(b"\n") - 1


def test_no_row_recurs() -> None:
    lines = made(6_000_000).split(b"\n")[1:-1]
    assert len(lines) > 2 * 20_000
    assert len({line.split(b",", 1)[1] for line in lines}) == len(lines)


def test_it_is_the_same_file_each_time() -> None:
    assert hashlib.sha256(made(1_000_000)).digest() == hashlib.sha256(made(1_000_000)).digest()
