"""Metadata and schema documents in S3: what exists, the latest of it, writing a version.

A version exists once its `metadata.json` does. It is written last, so a reader sees a whole version
or none, and a folder without it is what a writer left that was interrupted or is still at work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ingestion import aws, names, objects, settings
from ingestion.errors import Conflict, NotFound
from ingestion.names import Version
from ingestion.schemas import ProductMetadata, TableSchema

_JSON = "application/json"
_WRITER_GONE = timedelta(minutes=15)
"""No Lambda runs longer, so who left a document before that is not at work any more."""


def latest_version(product: str, major: int | None = None) -> Version | None:
    """The newest version that exists, of the product or of one of its major versions."""
    bucket = settings.metadata_bucket()
    for version in _folders_newest_first(product):
        if major is not None and version.major != major:
            continue
        if objects.info(bucket, names.metadata_key(product, version)):
            return version
    return None


def _folders_newest_first(product: str) -> tuple[Version, ...]:
    folders = objects.folders(settings.metadata_bucket(), names.documents_prefix(product))
    return tuple(sorted((Version.parse(folder) for folder in folders), reverse=True))


def load_metadata(product: str, version: Version) -> ProductMetadata | None:
    """The metadata of a version; None when that version does not exist."""
    found = objects.read(settings.metadata_bucket(), names.metadata_key(product, version))
    return ProductMetadata.model_validate_json(found[0]) if found else None


def load_latest(product: str, major: int | None = None) -> ProductMetadata:
    """The metadata of the newest version; `NotFound` when there is none."""
    version = latest_version(product, major)
    metadata = load_metadata(product, version) if version else None
    if not metadata:
        of_major = "" if major is None else f" in major version {major}"
        raise NotFound(f"data product {product} is not registered{of_major}")
    return metadata


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


def write_version(metadata: ProductMetadata, schemas: Mapping[str, TableSchema]) -> None:
    """Writes a new version: its schemas, then the metadata that makes it exist.

    `Conflict` when the version exists, or when another writer is at work on it. What an interrupted
    writer left is written over, so an interrupted change can be asked for again.
    """
    if set(schemas) != set(metadata.schemas):
        raise ValueError(
            f"the metadata lists {metadata.schemas}, the schemas are {sorted(schemas)}"
        )
    version = metadata.parsed_version
    for table in sorted(schemas):
        _write_uncommitted(
            names.schema_key(metadata.name, version, table), schemas[table].to_json()
        )
    try:
        objects.write_new(
            settings.metadata_bucket(),
            names.metadata_key(metadata.name, version),
            metadata.to_json(),
            _JSON,
        )
    except objects.AlreadyExists:
        raise Conflict(
            f"version {version} of data product {metadata.name} exists already"
        ) from None


def add_first_schema(metadata: ProductMetadata, table: str, schema: TableSchema) -> None:
    """Completes a version that has no table yet with its first one.

    `metadata` is the stored one with the table added. `Conflict` when somebody else changed it.
    """
    bucket = settings.metadata_bucket()
    key = names.metadata_key(metadata.name, metadata.parsed_version)
    stored = objects.read(bucket, key)
    if not stored or ProductMetadata.model_validate_json(stored[0]).schemas:
        raise _at_work(key)
    _write_uncommitted(
        names.schema_key(metadata.name, metadata.parsed_version, table), schema.to_json()
    )
    try:
        objects.overwrite(bucket, key, metadata.to_json(), _JSON, stored[1])
    except objects.AlreadyExists:
        raise _at_work(key) from None


def _write_uncommitted(key: str, body: bytes) -> None:
    """Writes a document of a version that does not exist yet, over an abandoned one if need be."""
    bucket = settings.metadata_bucket()
    try:
        objects.write_new(bucket, key, body, _JSON)
    except objects.AlreadyExists:
        found = objects.read(bucket, key)
        if found and found[0] == body:
            return
        if not found or _is_at_work(bucket, key):
            raise _at_work(key) from None
        try:
            objects.overwrite(bucket, key, body, _JSON, found[1])
        except objects.AlreadyExists:
            raise _at_work(key) from None


def _is_at_work(bucket: str, key: str) -> bool:
    written = aws.client("s3").head_object(Bucket=bucket, Key=key)["LastModified"]
    return bool(datetime.now(UTC) - written < _WRITER_GONE)


def _at_work(key: str) -> Conflict:
    return Conflict(
        f"another change of {key.split('/')[0]} is being made; try again in some minutes"
    )
