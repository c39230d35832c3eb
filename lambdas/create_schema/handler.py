"""Registers a table: `POST /data-product/{product}/table/{table}/schema`.

The body is the table's schema (`ingestion.schemas.TableSchema`). The answer, 201, is `{"product",
"table", "version"}`: `v1.0` for the first table of a product that is still there, else one minor
version on.

Errors: 400 a name or the body is not valid, 404 no such product, 405, 409 the table has a schema,
or another change is being made.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ingestion import functions, store, versioning
from ingestion.api import Request, api
from ingestion.errors import Conflict
from ingestion.operations import CREATE_SCHEMA, TableVersion
from ingestion.schemas import ProductMetadata, TableSchema


@api(CREATE_SCHEMA)
def handler(request: Request) -> TableVersion:
    """The version that has the table."""
    product, table = request.product(), request.table()
    schema = request.parsed(TableSchema)
    current = store.load_latest(product)
    if table in current.schemas:
        raise Conflict(
            f"table {table} has a schema in {product} {current.version} already; "
            "use PUT to change it"
        )
    metadata = _with_table(current, table, schema)
    functions.push_to_catalogue(product)
    return TableVersion(product=product, table=table, version=metadata.version)


def _with_table(current: ProductMetadata, table: str, schema: TableSchema) -> ProductMetadata:
    now = datetime.now(UTC)
    if versioning.takes_first_table(current):
        metadata = versioning.with_first_table(current, table, now)
        store.add_first_schema(metadata, table, schema)
        return metadata
    metadata = versioning.next_minor(current, [*current.schemas, table], now)
    store.write_version(metadata, {**store.load_schemas(current), table: schema})
    return metadata
