"""Metadata and schema documents in S3: what exists, the latest of it, writing a version.

A version exists once its `metadata.json` does. It is written last, so a reader sees a whole version
or none. Until then `claim.json` in its folder says which change is being made: the same change may
be asked for again and goes on where it stopped, another one has to wait until the first one's
writer cannot be alive any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ingestion import names, objects, settings
from ingestion.errors import Conflict, NotFound
from ingestion.names import Version
from ingestion.schemas import ProductMetadata, TableSchema

_JSON = "application/json"
WRITER_GONE = timedelta(minutes=15)
"""No Lambda runs longer, so who left a claim before that is not at work any more."""


def latest_version(product: str, major: int | None = None) -> Version | None:
    """The newest version that exists, of the product or of one of its major versions."""
    for version in _folders_newest_first(product):
        if (major is None or version.major == major) and _exists(product, version):
            return version
    return None


def _folders_newest_first(product: str) -> tuple[Version, ...]:
    children = set(objects.children(settings.metadata_bucket(), names.documents_prefix(product)))
    if names.DELETING_FILE in children:
        return ()
    folders = (child.rstrip("/") for child in children if child.endswith("/"))
    return tuple(sorted((Version.parse(folder) for folder in folders), reverse=True))


def _exists(product: str, version: Version) -> bool:
    key = names.metadata_key(product, version)
    return objects.info(settings.metadata_bucket(), key) is not None


def is_being_deleted(product: str) -> bool:
    """Whether somebody has begun to delete the product; for all others it is gone."""
    return objects.info(settings.metadata_bucket(), names.deleting_key(product)) is not None


def load_metadata(product: str, version: Version) -> ProductMetadata | None:
    """The metadata of a version; None when that version does not exist."""
    found = objects.read(settings.metadata_bucket(), names.metadata_key(product, version))
    return ProductMetadata.model_validate_json(found[0]) if found else None


def load_latest(product: str, major: int | None = None) -> ProductMetadata:
    """The metadata of the newest version; `NotFound` when there is none."""
    for version in _folders_newest_first(product):
        if (major is None or version.major == major) and (
            metadata := load_metadata(product, version)
        ):
            return metadata
    of_major = "" if major is None else f" in major version {major}"
    raise NotFound(f"data product {product} is not registered{of_major}")


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
    return {table: load_schema(metadata, table) for table in metadata.schemas}


def write_version(metadata: ProductMetadata, schemas: Mapping[str, TableSchema]) -> None:
    """Writes a new version, whole or not at all; `Conflict` when it exists or is being made."""
    begin_version(metadata, schemas)
    commit_version(metadata)


def begin_version(metadata: ProductMetadata, schemas: Mapping[str, TableSchema]) -> None:
    """Claims a version that does not exist yet and writes its schemas.

    `Conflict` when it exists, or when another change is being made to it.
    """
    if set(schemas) != set(metadata.schemas):
        raise ValueError(
            f"the metadata lists {metadata.schemas}, the schemas are of {sorted(schemas)}"
        )
    bucket, product, version = settings.metadata_bucket(), metadata.name, metadata.parsed_version
    claim = names.claim_key(product, version)
    _claim(claim, _change(metadata, schemas))
    if _exists(product, version):
        # The claim was free because its writer was done.
        objects.delete(bucket, claim)
        raise _taken(metadata)
    documents = {
        names.schema_key(product, version, table): schema.to_json()
        for table, schema in sorted(schemas.items())
    }
    for key in objects.keys(bucket, names.version_prefix(product, version)):
        if key not in documents and key != claim:
            # Of a change that was given up.
            objects.delete(bucket, key)
    for key, body in documents.items():
        objects.write(bucket, key, body, _JSON)


def commit_version(metadata: ProductMetadata) -> None:
    """Writes the metadata, which makes the version exist; `Conflict` when it exists already."""
    bucket, product, version = settings.metadata_bucket(), metadata.name, metadata.parsed_version
    try:
        objects.write_new(bucket, names.metadata_key(product, version), metadata.to_json(), _JSON)
    except objects.AlreadyExists:
        raise _taken(metadata) from None
    objects.delete(bucket, names.claim_key(product, version))


def add_first_schema(metadata: ProductMetadata, table: str, schema: TableSchema) -> None:
    """Completes a version that has no table yet with its first one.

    `metadata` is the stored one with the table added. `Conflict` when somebody else changed it.
    """
    bucket = settings.metadata_bucket()
    key = names.metadata_key(metadata.name, metadata.parsed_version)
    stored = objects.read(bucket, key)
    if not stored or ProductMetadata.model_validate_json(stored[0]).schemas:
        raise _at_work(key)
    claim = names.claim_key(metadata.name, metadata.parsed_version)
    _claim(claim, _change(metadata, {table: schema}))
    schema_key = names.schema_key(metadata.name, metadata.parsed_version, table)
    objects.write(bucket, schema_key, schema.to_json(), _JSON)
    try:
        objects.overwrite(bucket, key, metadata.to_json(), _JSON, stored[1])
    except objects.AlreadyExists:
        raise _at_work(key) from None
    objects.delete(bucket, claim)


def _change(metadata: ProductMetadata, schemas: Mapping[str, TableSchema]) -> bytes:
    """What tells one change from another: the outcome, whenever it is made."""
    outcome = {
        "metadata": metadata.model_dump(mode="json", exclude={"last_updated", "creation_date"}),
        "schemas": {table: schema.to_dict() for table, schema in sorted(schemas.items())},
    }
    digest = hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()
    return json.dumps({"change": f"sha256:{digest}"}).encode()


def _claim(key: str, change: bytes) -> None:
    bucket = settings.metadata_bucket()
    try:
        objects.write_new(bucket, key, change, _JSON)
    except objects.AlreadyExists:
        found, standing = objects.read(bucket, key), objects.info(bucket, key)
        if found and found[0] == change:
            return
        if not found or not standing or _now() - standing.last_modified < WRITER_GONE:
            raise _at_work(key) from None
        try:
            objects.overwrite(bucket, key, change, _JSON, found[1])
        except objects.AlreadyExists:
            raise _at_work(key) from None


def _now() -> datetime:
    return datetime.now(UTC)


def _taken(metadata: ProductMetadata) -> Conflict:
    return Conflict(
        f"version {metadata.version} of data product {metadata.name} exists already; "
        "somebody else made a change at the same time. Look at it and try again"
    )


def _at_work(key: str) -> Conflict:
    product = key.split("/")[0]
    return Conflict(
        f"another change of data product {product} is being made, or was interrupted less than "
        f"{WRITER_GONE.seconds // 60} minutes ago; try again later"
    )
