"""Loads: which files a product has in an area, the newest load of a table, carrying one over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from ingestion import names, objects, parallel, settings
from ingestion.errors import InvalidName
from ingestion.names import PARTITION_KEY, Area, DataFile

Load = tuple[DataFile, ...]
"""The files of one load: all with the same load timestamp."""

ROWS = "rows"
"""In the metadata of a raw and of a curated object: how many rows the check has found."""


def files(area: Area, product: str, after: str = "") -> Iterator[DataFile]:
    """A product's files in one area, in the order of their keys.

    `after` is the key to go on after. What is no data file, such as a reason, is left out.
    """
    bucket = settings.landing_bucket() if area is Area.LANDING else settings.data_bucket()
    yield from _data_files(objects.keys(bucket, names.product_prefix(area, product), after))


def _data_files(keys: Iterable[str]) -> Iterator[DataFile]:
    for key in keys:
        with suppress(InvalidName):
            yield DataFile.parse(key)


def newest(product: str, major: int, table: str) -> Load:
    """The curated files of a table's newest load; none when nothing was loaded."""
    bucket = settings.data_bucket()
    prefix = names.table_prefix(Area.CURATED, product, major, table)
    start = f"{PARTITION_KEY}="
    found = sorted(name for name in objects.children(bucket, prefix) if name.startswith(start))
    for folder in reversed(found):
        # What somebody else has put there is no load.
        if load := tuple(_data_files(objects.keys(bucket, f"{prefix}{folder}"))):
            return load
    return ()


def of(file: DataFile) -> Load:
    """All files of the load that a curated file is of."""
    return tuple(_data_files(objects.keys(settings.data_bucket(), file.prefix)))


def rows(load: Load) -> int | None:
    """How many rows a curated load has; None when that is not known of one of its files."""
    found = [objects.info(settings.data_bucket(), file.key) for file in load]
    counts = [source.metadata.get(ROWS) for source in found if source]
    known = [int(count) for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def carry_over(load: Load, major: int) -> Load:
    """Copies the files of a curated load to another major version; gives them as they are there."""
    parallel.each(lambda file: copy(file, major), load)
    return tuple(file.in_major(major) for file in load)


def copy(source: DataFile, major: int) -> bool:
    """Copies a curated file to another major version; False when it is there as it is here."""
    bucket, target = settings.data_bucket(), source.in_major(major)
    found = objects.info(bucket, source.key)
    if not found:
        raise FileNotFoundError(f"{names.s3_uri(bucket, source.key)} is gone")
    there = objects.info(bucket, target.key)
    # A copy of many parts has another ETag.
    if there and (there.size, there.metadata) == (found.size, found.metadata):
        return False
    objects.copy(found, bucket, target.key)
    return True
