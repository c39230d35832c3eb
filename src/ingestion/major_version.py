"""The data of a new major version: every table's newest load, copied and registered."""

from __future__ import annotations

from collections.abc import Iterable

from ingestion import catalogue, loads, names, objects, parallel, settings, store
from ingestion.names import Area
from ingestion.schemas import ProductMetadata


def carry_over(old: ProductMetadata, new: ProductMetadata, tables: Iterable[str]) -> None:
    """Takes the newest load of each of these tables from one major version to the other.

    Done twice, or twice at once, it is the same as once.
    """
    version = new.parsed_version
    newest = parallel.each(
        lambda table: (table, loads.newest(old.name, old.parsed_version.major, table)), tables
    )
    loaded = [(table, load) for table, load in newest if load]
    if loaded:
        catalogue.ensure_database(names.glue_database(new.name, version.major))

    def carry(table_and_load: tuple[str, loads.Load]) -> None:
        table, load = table_and_load
        schema = store.load_schema(new, table)
        carried = loads.carry_over(load, version.major)
        catalogue.ensure_table(new.name, table, schema, version)
        catalogue.add_partition(carried[0], schema)

    parallel.each(carry, loaded)


def remove(product: str, major: int) -> None:
    """Removes what was begun of a major version that is never to be."""
    catalogue.drop_database(names.glue_database(product, major))
    bucket, prefix = settings.data_bucket(), names.major_prefix(Area.CURATED, product, major)
    for _ in objects.delete_all(bucket, objects.keys(bucket, prefix)):
        pass
    store.delete_documents(product, major)
