"""Changes a table's schema: `PUT /data-product/{product}/table/{table}/schema`.

The body is the whole new schema (`ingestion.schemas.TableSchema`). The answer, 200, is `{"product",
"table", "version", "changes"}`, the changes being `{removed_columns, added_columns, types_changed,
descriptions_changed}`.

A removed column or a changed type makes a major version: a new Glue database, with the newest load
of every table, this one's too unless a type changed. A column that was removed and comes back with
another type has changed its type. Anything else makes a minor version. A major version that fails
part way leaves the old one current; the same request again goes on with it.

Errors: 400 a name or the body is not valid, or nothing changes, 404 no such product or table, 405,
409 another change is being made.
"""

from __future__ import annotations

from contextlib import suppress

from ingestion import changes, functions, publishing, store, versioning
from ingestion.api import Request, api
from ingestion.errors import NotFound
from ingestion.head import Head
from ingestion.operations import UPDATE_SCHEMA, UpdatedTable
from ingestion.schemas import TableSchema
from ingestion.versioning import Change


@api(UPDATE_SCHEMA)
def handler(request: Request, product: str, table: str) -> UpdatedTable:
    """The new version and what it changes."""
    schema = request.parsed(TableSchema)

    def decide(head: Head) -> Change:
        current = head.current(product)
        old = store.load_schema(current, table)
        earlier = store.earlier_schemas(head, product, table)
        return versioning.new_schema(current, table, old, schema, earlier)

    made = changes.make(product, decide, request.deadline())
    # If this is not reached, or the product deleted, the next load of the table does it.
    with suppress(NotFound):
        publishing.schema(product, made.metadata.parsed_version.major, table)
    functions.push_to_catalogue(product)
    return UpdatedTable(
        product=product, table=table, version=made.metadata.version, changes=made.change.report
    )
