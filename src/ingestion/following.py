"""A load in the major versions after its own: taken over once, and copied again if it gets lost.

A major change takes over the newest load of each table. A file that was on its way meanwhile comes
after that; it goes into the later versions as well, up to where its table was deleted or a type of
it changed. In Glue, a load that was taken over is marked by where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion import catalogue, loads, names, store
from ingestion.head import Head
from ingestion.loads import Load
from ingestion.names import DataFile, Version
from ingestion.schemas import ProductMetadata, TableSchema


def take(load: Load, metadata: ProductMetadata, schema: TableSchema) -> None:
    """Takes a curated load over into a later major version; once more is the same as once."""
    version = metadata.parsed_version
    carried = loads.carry_over(load, version.major)
    catalogue.ensure_table(metadata.name, load[0].table, schema, version)
    parameters = {catalogue.CARRIED_FROM: f"v{load[0].major}", **described(carried)}
    catalogue.add_partition(carried[0], schema, parameters)


def described(load: Load) -> dict[str, str]:
    """What Glue is told of a curated load: its rows, if they are known."""
    rows = loads.rows(load)
    return {} if rows is None else {catalogue.ROWS: str(rows)}


def take_on(file: DataFile, head: Head) -> None:
    """Takes a curated file that is new over into each later major version that it fits."""
    for metadata, schema in _fitting(file, head):
        catalogue.ensure_database(names.glue_database(metadata.name, metadata.parsed_version.major))
        take((file,), metadata, schema)


def restore(file: DataFile, head: Head) -> bool:
    """Copies a curated file again to where it was taken over once and is not; whether it was so."""
    copied = False
    for version in later(file, head):
        parameters = catalogue.partition(file.in_major(version.major))
        if parameters and catalogue.CARRIED_FROM in parameters:
            copied = loads.copy(file, version.major) or copied
    return copied


def is_current(file: DataFile, head: Head) -> bool:
    """Whether a registered load is in the product's current major version."""
    versions = later(file, head)
    return not versions or catalogue.has_partition(file.in_major(versions[-1].major))


def later(file: DataFile, head: Head) -> tuple[Version, ...]:
    """The newest versions of the major versions after the file's own, the oldest first."""
    known = [*map(Version.parse, head.earlier), head.current(file.product).parsed_version]
    return tuple(sorted(version for version in known if version.major > file.major))


def _fitting(file: DataFile, head: Head) -> Iterator[tuple[ProductMetadata, TableSchema]]:
    """The later major versions, up to where the table was deleted or a type of it changed."""
    versions = later(file, head)
    if not versions:
        return
    own = store.load_schema(store.of_major(head, file.product, file.major), file.table)
    types = {column.name: column.column_type for column in own.columns}
    for version in versions:
        first = store.load_metadata(file.product, Version(version.major, 0))
        if not first or file.table not in first.schemas:
            return
        metadata = store.of_major(head, file.product, version.major)
        schema = store.load_schema(metadata, file.table)
        there = {column.name: column.column_type for column in schema.columns}
        if any(types.get(name, kind) != kind for name, kind in there.items()):
            return
        types |= there
        yield metadata, schema
