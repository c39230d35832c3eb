"""A product and its tables as the catalogue's entities, each after those that it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.schemas import Column, ProductMetadata, TableSchema

SERVICE = "data_products"
"""The catalogue's database service that all products are of."""

Entity = tuple[str, dict[str, Any]]
"""Where it is put, and its document."""


def path_of(product: str) -> str:
    """Where the product's entity is, by its name; it is deleted with all that is in it."""
    return f"databases/name/{SERVICE}.{product}"


def of(metadata: ProductMetadata, schemas: Mapping[str, TableSchema]) -> Iterator[Entity]:
    """The entities of a product's version, in the order in which to put them."""
    database = f"{SERVICE}.{metadata.name}"
    major = f"v{metadata.parsed_version.major}"
    yield "services/databaseServices", {"name": SERVICE, "serviceType": "Glue"}
    yield "databases", _product(metadata)
    yield (
        "databaseSchemas",
        {"name": major, "database": database, "description": f"Major version {major}"},
    )
    for table, schema in sorted(schemas.items()):
        yield "tables", _table(table, schema, f"{database}.{major}")


def _product(metadata: ProductMetadata) -> dict[str, Any]:
    return {
        "name": metadata.name,
        "service": SERVICE,
        "description": metadata.description,
        "extension": {
            "id": metadata.id,
            "version": metadata.version,
            "domain": metadata.domain,
            "owner": metadata.data_product_owner,
            "ownerDisplayName": metadata.data_product_owner_display_name,
            "email": metadata.email,
            "status": metadata.status,
            "dpiaRequired": metadata.dpia_required,
            "location": metadata.s3_location,
        },
    }


def _table(name: str, schema: TableSchema, database_schema: str) -> dict[str, Any]:
    return {
        "name": name,
        "databaseSchema": database_schema,
        "description": schema.table_description,
        "tableType": "External",
        "columns": [_column(column) for column in schema.columns],
    }


def _column(column: Column) -> dict[str, Any]:
    kind = column.column_type
    entity: dict[str, Any] = {
        "name": column.name,
        "dataType": kind.kind.upper(),
        "dataTypeDisplay": column.type,
        "description": column.description,
    }
    if kind.kind == "decimal":
        entity |= {"precision": kind.precision, "scale": kind.scale}
    if kind.kind in ("char", "varchar"):
        entity["dataLength"] = kind.length
    return entity
