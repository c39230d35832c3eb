"""Making a new major version of a product: all or nothing, and asked for again it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingestion import catalogue, loads, names, objects, settings, store
from ingestion.names import Area, DataFile
from ingestion.schemas import ProductMetadata, TableSchema

Load = tuple[DataFile, ...]


def publish(
    old: ProductMetadata,
    new: ProductMetadata,
    schemas: Mapping[str, TableSchema],
    carried: Iterable[str],
) -> None:
    """Makes the major version `new` with these schemas, and carries over tables' newest loads.

    The metadata comes last: until then `old` is the current version. What an attempt that was given
    up has left in the new version's place is removed first. `Conflict` as in `store.begin_version`.
    """
    store.begin_version(new, schemas)
    plan = {table: loads.newest(old.name, old.parsed_version.major, table) for table in carried}
    _remove_all_but(plan, new)
    version = new.parsed_version
    for table, load in sorted(plan.items()):
        for file in loads.carry_over(load, version.major):
            catalogue.register_load(file, schemas[table], version)
    store.commit_version(new)


def _remove_all_but(plan: Mapping[str, Load], new: ProductMetadata) -> None:
    major = new.parsed_version.major
    planned = {file.in_major(major) for load in plan.values() for file in load}
    database = names.glue_database(new.name, major)
    for table in catalogue.tables(database):
        kept = {file.load_timestamp for file in planned if file.table == table}
        if kept:
            found = catalogue.partitions(database, table)
            catalogue.drop_partitions(database, table, found - kept)
        else:
            catalogue.drop_table(database, table)
    bucket = settings.data_bucket()
    kept_keys = {file.key for file in planned}
    prefix = names.major_prefix(Area.CURATED, new.name, major)
    left = (key for key in objects.keys(bucket, prefix) if key not in kept_keys)
    for _ in objects.delete_all(bucket, left):
        pass
