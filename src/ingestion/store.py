"""A product's documents in S3: its head, and the metadata and schemas of its versions.

The head decides: what product there is and which version is current. Who replaces it says which one
it has read, so of two who do so at once one is refused. A version's own documents are for readers
of the bucket, and schemas for the pipeline; they are written before the head names the version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingestion import names, objects, parallel, settings
from ingestion.errors import NotFound
from ingestion.head import Head
from ingestion.names import Version
from ingestion.schemas import ProductMetadata, TableSchema

_JSON = "application/json"


NO_PRODUCT = Head(generation="")
"""The head of a product of which nothing is known."""


@dataclass(frozen=True)
class Stored:
    """A head as it was read, and the ETag to replace it by."""

    head: Head
    etag: str


def read_head(product: str) -> Stored | None:
    """The product's head; None when nothing is known of the product."""
    found = objects.read(settings.metadata_bucket(), names.head_key(product))
    return Stored(Head.model_validate_json(found[0]), found[1]) if found else None


def write_head(product: str, head: Head, replaced: Stored | None) -> Stored:
    """Puts the head in the place of the one that was read, or where there was none.

    `objects.Changed` when somebody was faster.
    """
    place = settings.metadata_bucket(), names.head_key(product), head.to_json(), _JSON
    if replaced:
        return Stored(head, objects.overwrite(*place, replaced.etag))
    return Stored(head, objects.write_new(*place))


def delete_head(product: str, stored: Stored) -> None:
    """Deletes the head that was read; `objects.Changed` when it is another now, or gone."""
    objects.delete_unchanged(settings.metadata_bucket(), names.head_key(product), stored.etag)


def load_head(product: str) -> Head:
    """The head of a product that is registered; `NotFound` otherwise."""
    stored = read_head(product)
    head = stored.head if stored else NO_PRODUCT
    head.current(product)
    return head


def load_latest(product: str, major: int | None = None) -> ProductMetadata:
    """The metadata of the newest version, of the product or of one of its major versions.

    `NotFound` when there is none.
    """
    return of_major(load_head(product), product, major)


def of_major(head: Head, product: str, major: int | None = None) -> ProductMetadata:
    """As `load_latest`, of a head that was read."""
    current = head.current(product)
    if major is None or current.parsed_version.major == major:
        return current
    version = head.newest_of(product, major)
    metadata = load_metadata(product, version)
    if not metadata:
        raise NotFound(f"the metadata of data product {product} {version} is gone")
    return metadata


def load_metadata(product: str, version: Version) -> ProductMetadata | None:
    """The stored metadata of a version; None when there is none."""
    found = objects.read(settings.metadata_bucket(), names.metadata_key(product, version))
    return ProductMetadata.model_validate_json(found[0]) if found else None


def load_schema(metadata: ProductMetadata, table: str) -> TableSchema:
    """The schema of a table in that version; `NotFound` when the version has no such table."""
    version = metadata.parsed_version
    found = None
    if table in metadata.schemas:
        key = names.schema_key(metadata.name, version, table)
        found = objects.read(settings.metadata_bucket(), key)
    if not found:
        raise NotFound(f"table {table} has no schema in {metadata.name} {version}")
    return TableSchema.model_validate_json(found[0])


def load_schemas(metadata: ProductMetadata) -> dict[str, TableSchema]:
    """The schemas of all tables of that version, by table."""
    schemas = parallel.each(lambda table: load_schema(metadata, table), metadata.schemas)
    return dict(zip(metadata.schemas, schemas, strict=True))


def added_columns(metadata: ProductMetadata, table: str, schema: TableSchema) -> frozenset[str]:
    """The columns that a minor version has added to the table, since its major version has it."""
    version = metadata.parsed_version
    for minor in range(version.minor):
        key = names.schema_key(metadata.name, Version(version.major, minor), table)
        if found := objects.read(settings.metadata_bucket(), key):
            first = TableSchema.model_validate_json(found[0])
            return frozenset(schema.column_names) - frozenset(first.column_names)
    return frozenset()


def earlier_schemas(head: Head, product: str, table: str) -> Iterator[TableSchema]:
    """The newest schema of the table in each major version before the current one."""
    for version in map(Version.parse, head.earlier):
        metadata = load_metadata(product, version)
        if metadata and table in metadata.schemas:
            yield load_schema(metadata, table)


def write_documents(
    new: ProductMetadata, schemas: Mapping[str, TableSchema], old: ProductMetadata | None
) -> None:
    """Writes a version's documents, the metadata last; schemas that are not given are the old ones.

    What else is in the version's place was left by a change that was given up, and goes.
    """
    bucket, version = settings.metadata_bucket(), new.parsed_version
    planned = {names.schema_key(new.name, version, table): table for table in new.schemas}
    metadata_key = names.metadata_key(new.name, version)
    for key in objects.keys(bucket, names.version_prefix(new.name, version)):
        if key not in planned and key != metadata_key:
            objects.delete(bucket, key)

    def write(key: str) -> None:
        table = planned[key]
        if table in schemas:
            objects.write(bucket, key, schemas[table].to_json(), _JSON)
        elif old and old.version != new.version:
            before = names.schema_key(new.name, old.parsed_version, table)
            objects.copy_as_it_is(bucket, before, key)

    parallel.each(write, planned)
    objects.write(bucket, metadata_key, new.to_json(), _JSON)


def delete_documents(product: str, major: int) -> None:
    """Deletes the documents of a major version that was given up."""
    bucket = settings.metadata_bucket()
    prefix = names.version_prefix(product, Version(major, 0))
    for _ in objects.delete_all(bucket, objects.keys(bucket, prefix)):
        pass
