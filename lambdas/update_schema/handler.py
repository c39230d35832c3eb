"""Changes a table's schema: `PUT /data-product/{product}/table/{table}/schema`.

The body is the whole new schema (`ingestion.schemas.TableSchema`). The answer, 200, is `{"product",
"table", "version", "changes"}`, the changes being `{removed_columns, added_columns, types_changed,
descriptions_changed}`.

A removed column or a changed type makes a major version: a new Glue database, with the newest load
of every table, this one's too unless a type changed. Anything else makes a minor version. A major
version that fails part way leaves the old one current; the same request again goes on with it.

Errors: 400 a name or the body is not valid, or nothing changes, 404 no such product or table, 405,
409 another change is being made.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ingestion import catalogue, functions, major_version, store, versioning
from ingestion.api import Request, api
from ingestion.errors import BadRequest
from ingestion.operations import UPDATE_SCHEMA, UpdatedTable
from ingestion.schemas import ProductMetadata, TableSchema
from ingestion.versioning import Changes


@api(UPDATE_SCHEMA)
def handler(request: Request) -> UpdatedTable:
    """The new version and what it changes."""
    product, table = request.product(), request.table()
    schema = request.parsed(TableSchema)
    current = store.load_latest(product)
    changes = versioning.compare(store.load_schema(current, table), schema)
    if changes.is_none:
        raise BadRequest(f"body: nothing changes in table {table} of {product} {current.version}")
    apply = _major if changes.is_major else _minor
    metadata = apply(current, table, schema, changes)
    functions.push_to_catalogue(product)
    return UpdatedTable(product=product, table=table, version=metadata.version, changes=changes)


def _major(
    current: ProductMetadata, table: str, schema: TableSchema, changes: Changes
) -> ProductMetadata:
    metadata = versioning.next_major(current, current.schemas, datetime.now(UTC))
    carried = [name for name in current.schemas if name != table or not changes.types_changed]
    schemas = {**store.load_schemas(current), table: schema}
    major_version.publish(current, metadata, schemas, carried)
    return metadata


def _minor(
    current: ProductMetadata, table: str, schema: TableSchema, _changes: Changes
) -> ProductMetadata:
    metadata = versioning.next_minor(current, current.schemas, datetime.now(UTC))
    store.write_version(metadata, {**store.load_schemas(current), table: schema})
    # If this is not reached, the next load of the table does it.
    catalogue.update_table(metadata.name, table, schema, metadata.parsed_version)
    return metadata
