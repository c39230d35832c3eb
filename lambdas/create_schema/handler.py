"""Registers a table: `POST /data-product/{product}/table/{table}/schema`.

The body is the table's schema (`ingestion.schemas.TableSchema`). The answer, 201, is `{"product",
"table", "version"}`: `v1.0` for the first table of a product that is still there, else one minor
version on.

Errors: 400 a name or the body is not valid, 404 no such product, 405, 409 the table has a schema,
or another change is being made.
"""

from __future__ import annotations

from ingestion import changes, functions, versioning
from ingestion.api import Request, api
from ingestion.operations import CREATE_SCHEMA, TableVersion
from ingestion.schemas import TableSchema


@api(CREATE_SCHEMA)
def handler(request: Request, product: str, table: str) -> TableVersion:
    """The version that has the table."""
    schema = request.parsed(TableSchema)
    made = changes.make(
        product,
        lambda head: versioning.new_table(head.current(product), table, schema),
        request.deadline(),
    )
    functions.push_to_catalogue(product)
    return TableVersion(product=product, table=table, version=made.metadata.version)
