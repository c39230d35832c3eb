"""What kind of change this is, and what the metadata becomes by it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from ingestion import names, settings
from ingestion.errors import BadRequest
from ingestion.names import FIRST_VERSION, Area, Version
from ingestion.schemas import ProductDetails, ProductMetadata, TableSchema

TABLE_DESCRIPTION = "tableDescription"
"""How a change report names the table's own description; no column can have this name."""


class Changes(BaseModel):
    """What a schema update changes, by column name; the order of columns does not count."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    removed_columns: tuple[str, ...] = ()
    added_columns: tuple[str, ...] = ()
    types_changed: tuple[str, ...] = ()
    descriptions_changed: tuple[str, ...] = ()

    @property
    def is_major(self) -> bool:
        """Whether somebody's query may fail on it."""
        return bool(self.removed_columns or self.types_changed)

    @property
    def is_none(self) -> bool:
        return not (self.is_major or self.added_columns or self.descriptions_changed)


def compare(old: TableSchema, new: TableSchema) -> Changes:
    """What changes from one schema of a table to another."""
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    kept = sorted(before.keys() & after.keys())
    described = [name for name in kept if before[name].description != after[name].description]
    if old.table_description != new.table_description:
        described.append(TABLE_DESCRIPTION)
    return Changes(
        removed_columns=tuple(sorted(before.keys() - after.keys())),
        added_columns=tuple(sorted(after.keys() - before.keys())),
        types_changed=tuple(
            name for name in kept if before[name].column_type != after[name].column_type
        ),
        descriptions_changed=tuple(described),
    )


def registered(details: ProductDetails, moment: datetime) -> ProductMetadata:
    """The first version of a new product."""
    return _version_of(details, FIRST_VERSION, (), moment, moment)


def redescribed(
    metadata: ProductMetadata, details: ProductDetails, moment: datetime
) -> ProductMetadata:
    """The minor version with these details; `BadRequest` when they may not change, or do not."""
    if details.name != metadata.name:
        raise BadRequest(
            f"name: a product's name cannot change; this one's is {metadata.name}. "
            "Register a new product instead"
        )
    if all(
        getattr(details, field) == getattr(metadata, field) for field in type(details).model_fields
    ):
        raise BadRequest(f"body: nothing changes from {metadata.version}")
    return _version_of(
        details,
        metadata.parsed_version.next_minor(),
        metadata.schemas,
        metadata.creation_date,
        moment,
    )


def next_minor(
    metadata: ProductMetadata, tables: Iterable[str], moment: datetime
) -> ProductMetadata:
    """The same product one minor version on, with these tables."""
    return _next(metadata, metadata.parsed_version.next_minor(), tables, moment)


def next_major(
    metadata: ProductMetadata, tables: Iterable[str], moment: datetime
) -> ProductMetadata:
    """The same product one major version on, with these tables."""
    return _next(metadata, metadata.parsed_version.next_major(), tables, moment)


def with_first_table(metadata: ProductMetadata, table: str, moment: datetime) -> ProductMetadata:
    """The same version of the product, with its first table."""
    return _next(metadata, metadata.parsed_version, [table], moment)


def takes_first_table(metadata: ProductMetadata) -> bool:
    """Whether the product's first table goes into the version that there is."""
    return metadata.parsed_version == FIRST_VERSION and not metadata.schemas


def _next(
    metadata: ProductMetadata, version: Version, tables: Iterable[str], moment: datetime
) -> ProductMetadata:
    return _version_of(metadata, version, tables, metadata.creation_date, moment)


def _version_of(
    details: ProductDetails,
    version: Version,
    tables: Iterable[str],
    created: datetime,
    updated: datetime,
) -> ProductMetadata:
    given: dict[str, Any] = {
        field: getattr(details, field) for field in ProductDetails.model_fields
    }
    location = names.major_prefix(Area.CURATED, details.name, version.major)
    return ProductMetadata(
        **given,
        version=str(version),
        id=names.product_id(details.name, version),
        creation_date=created,
        last_updated=updated,
        s3_location=names.s3_uri(settings.data_bucket(), location),
        schemas=tuple(sorted(tables)),
    )
