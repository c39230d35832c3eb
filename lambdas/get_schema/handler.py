"""Gives a table's schema: `GET /data-product/{product}/table/{table}/schema`.

The answer, 200, is the schema of the product's newest version, as its producer wrote it.

Errors: 400 a name is not valid, 404 no such product or table, 405.
"""

from __future__ import annotations

from ingestion import store
from ingestion.api import Request, api
from ingestion.operations import GET_SCHEMA
from ingestion.schemas import TableSchema


@api(GET_SCHEMA)
def handler(request: Request, product: str, table: str) -> TableSchema:
    """The table's newest schema."""
    return store.load_schema(store.load_latest(product), table)
