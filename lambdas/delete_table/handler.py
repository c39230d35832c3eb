"""Deletes a table: `DELETE /data-product/{product}/table/{table}`.

The answer, 200, is `{"product", "table", "version"}`: a new major version without the table, with
the newest load of every other. The older versions keep the table and its data. A deletion that
fails part way leaves the old version current; the same request again goes on with it.

Errors: 400 a name is not valid, 404 no such product or table, 405, 409 another change is being
made.
"""

from __future__ import annotations

from ingestion import changes, functions, versioning
from ingestion.api import Request, api
from ingestion.operations import DELETE_TABLE, TableVersion


@api(DELETE_TABLE)
def handler(request: Request, product: str, table: str) -> TableVersion:
    """The version without the table."""
    made = changes.make(
        product,
        lambda head: versioning.without_table(head.current(product), table),
        request.deadline(),
    )
    functions.push_to_catalogue(product)
    return TableVersion(product=product, table=table, version=made.metadata.version)
