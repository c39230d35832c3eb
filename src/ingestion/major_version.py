"""The data of a new major version: every table's newest load, copied and registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingestion import catalogue, following, loads, names, objects, parallel, settings, store
from ingestion.loads import Load
from ingestion.names import Area
from ingestion.schemas import ProductMetadata


def newest_loads(metadata: ProductMetadata, tables: Iterable[str]) -> dict[str, Load]:
    """The newest load of each of these tables that has one."""
    major = metadata.parsed_version.major
    found = parallel.each(lambda table: (table, loads.newest(metadata.name, major, table)), tables)
    return {table: load for table, load in found if load}


def carry_over(newest: Mapping[str, Load], new: ProductMetadata) -> None:
    """Takes these loads, by table, over into a later major version.

    Done twice, or twice at once, it is the same as once.
    """
    if newest:
        catalogue.ensure_database(names.glue_database(new.name, new.parsed_version.major))
    parallel.each(
        lambda table: following.take(newest[table], new, store.load_schema(new, table)), newest
    )


def remove(product: str, major: int) -> None:
    """Removes what was begun of a major version that is never to be."""
    catalogue.drop_database(names.glue_database(product, major))
    bucket, prefix = settings.data_bucket(), names.major_prefix(Area.CURATED, product, major)
    for _ in objects.delete_all(bucket, objects.keys(bucket, prefix)):
        pass
    store.delete_documents(product, major)
