"""What kind of change this is, and what the metadata becomes by it. Nothing is written here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict

from ingestion import names, settings
from ingestion.errors import BadRequest, Conflict, NotFound
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


NO_CHANGES = Changes()


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


class Step(Enum):
    """Which version a change makes of the current one."""

    SAME = "same"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class Change:
    """What a version becomes: its details, its tables, and the schemas that are not as before.

    `carried` are the tables whose newest load a major version takes along, `report` is what a
    schema update changes.
    """

    step: Step
    details: ProductDetails
    tables: tuple[str, ...]
    schemas: Mapping[str, TableSchema]
    carried: tuple[str, ...] = ()
    report: Changes = NO_CHANGES

    @property
    def digest(self) -> str:
        """Tells one change from another; the same request again has the same one."""
        outcome = {
            "step": self.step.value,
            "details": {
                name: value
                for name, value in self.details.model_dump(mode="json").items()
                if name in ProductDetails.model_fields
            },
            "tables": self.tables,
            "schemas": {table: schema.to_dict() for table, schema in self.schemas.items()},
            "carried": self.carried,
        }
        return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()


def registration(details: ProductDetails) -> Change:
    """A new product, without tables."""
    return Change(Step.SAME, details, (), {})


def redescription(current: ProductMetadata, details: ProductDetails) -> Change:
    """Other details of a product; `BadRequest` when they may not change, or do not."""
    if details.name != current.name:
        raise BadRequest(
            f"name: a product's name cannot change; this one's is {current.name}. "
            "Register a new product instead"
        )
    if all(
        getattr(details, field) == getattr(current, field) for field in type(details).model_fields
    ):
        raise BadRequest(f"body: nothing changes from {current.version}")
    return Change(Step.MINOR, details, current.schemas, {})


def new_table(current: ProductMetadata, table: str, schema: TableSchema) -> Change:
    """One table more; `v1.0` takes its first one. `Conflict` when the table is there."""
    if table in current.schemas:
        raise Conflict(
            f"table {table} has a schema in {current.name} {current.version} already; "
            "use PUT to change it"
        )
    first = current.parsed_version == FIRST_VERSION and not current.schemas
    tables = tuple(sorted([*current.schemas, table]))
    return Change(Step.SAME if first else Step.MINOR, current, tables, {table: schema})


def new_schema(
    current: ProductMetadata,
    table: str,
    old: TableSchema,
    new: TableSchema,
    earlier: Iterable[TableSchema] = (),
) -> Change:
    """Another schema of a table; `BadRequest` when nothing changes.

    A major version takes along every table's newest load, but of a table whose types change. The
    files that were taken along still have the columns that `earlier` major versions had. So a
    column that comes back with another type has changed its type.
    """
    report = compare(old, new)
    if again := _came_back(report.added_columns, new, earlier):
        added = tuple(name for name in report.added_columns if name not in again)
        changed = tuple(sorted([*report.types_changed, *again]))
        report = report.model_copy(update={"added_columns": added, "types_changed": changed})
    if report.is_none:
        raise BadRequest(
            f"body: nothing changes in table {table} of {current.name} {current.version}"
        )
    step = Step.MAJOR if report.is_major else Step.MINOR
    carried = tuple(name for name in current.schemas if name != table or not report.types_changed)
    return Change(step, current, current.schemas, {table: new}, carried, report)


def _came_back(
    added: Iterable[str], new: TableSchema, earlier: Iterable[TableSchema]
) -> frozenset[str]:
    """The added columns that an earlier major version had with another type."""
    types = {column.name: column.column_type for column in new.columns}
    wanted = set(added)
    return frozenset(
        column.name
        for schema in earlier
        for column in schema.columns
        if column.name in wanted and column.column_type != types[column.name]
    )


def without_table(current: ProductMetadata, table: str) -> Change:
    """A table less; `NotFound` when it is not there."""
    if table not in current.schemas:
        raise NotFound(f"table {table} has no schema in {current.name} {current.version}")
    left = tuple(name for name in current.schemas if name != table)
    return Change(Step.MAJOR, current, left, {}, carried=left)


def version_of(
    details: ProductDetails,
    version: Version,
    tables: Iterable[str],
    created: datetime,
    updated: datetime,
) -> ProductMetadata:
    """The metadata that is stored of a version with these details and tables."""
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
