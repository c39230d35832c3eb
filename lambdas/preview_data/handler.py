"""Shows a table's newest load: `GET /data-product/{product}/table/{table}/preview`.

Query parameters: `rows`, 1 to 100, by default 10; `format`, `json` (the default) or `text`, a table
of plain text. The JSON is `{"product", "table", "version", "loadTimestamp", "columns", "rows"}`. A
text longer than 200 characters is cut, with `…`. Of a table with more than 50 columns there are
fewer rows, so that the answer is not larger than Lambda can give.

Errors: 400 a name or a parameter is not valid, 404 no such product or table, or nothing loaded,
405.
"""

from __future__ import annotations

import pyarrow as pa
from preview_data.text_table import text_table

from ingestion import curated, loads, objects, responses, settings, store
from ingestion.api import Answer, Request, api
from ingestion.errors import NotFound
from ingestion.operations import PREVIEW_DATA, Preview, PreviewQuery
from ingestion.schemas import ProductMetadata

_LONGEST_TEXT = 200
_MOST_CELLS = 5_000
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@api(PREVIEW_DATA)
def handler(request: Request) -> Answer:
    """The first rows of the newest load."""
    product, table = request.product(), request.table()
    query = request.asked(PreviewQuery)
    preview = _preview(store.load_latest(product), table, query.rows)
    if query.format == "json":
        return preview
    return responses.raw_answer(200, text_table(preview.columns, preview.rows), _TEXT)


def _preview(metadata: ProductMetadata, table: str, count: int) -> Preview:
    schema = store.load_schema(metadata, table)
    load = loads.newest(metadata.name, metadata.parsed_version.major, table)
    source = objects.info(settings.data_bucket(), load[0].key) if load else None
    if not source:
        raise NotFound(f"nothing was loaded to table {table} of {metadata.name} {metadata.version}")
    columns = schema.column_names
    count = max(1, min(count, _MOST_CELLS // len(columns)))
    return Preview(
        product=metadata.name,
        table=table,
        version=metadata.version,
        load_timestamp=load[0].load_timestamp,
        columns=list(columns),
        rows=_rows(curated.first_rows(source, columns, count), columns),
    )


def _rows(table: pa.Table, columns: tuple[str, ...]) -> list[list[object]]:
    return [[_json(row.get(name)) for name in columns] for row in table.to_pylist()]


def _json(value: object) -> object:
    """The value as JSON has it: what JSON has no word for is text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    text = str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
