"""Shows a table's newest load: `GET /data-product/{product}/table/{table}/preview`.

Query parameters: `rows`, 1 to 100, by default 10; `format`, `json` (the default) or `text`, a table
of plain text. The JSON is `{"product", "table", "version", "loadTimestamp", "columns", "rows"}`. A
text longer than 200 characters is cut, with `…`. Of a table with more than 50 columns there are
fewer rows, and shorter texts where they would make the answer larger than Lambda can give. All
files of the newest load are looked at, in the order of their names.

Errors: 400 a name or a parameter is not valid, 404 no such product or table, or nothing loaded,
405.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from preview_data.text_table import text_table

from ingestion import curated, loads, objects, responses, settings, store
from ingestion.api import Answer, Request, api
from ingestion.errors import NotFound
from ingestion.objects import ObjectInfo
from ingestion.operations import PREVIEW_DATA, Preview, PreviewQuery

_LONGEST_TEXT = 200
_MOST_CELLS = 5_000
# Bytes, as JSON in the JSON of the answer. Lambda takes 6 MiB in all.
_LARGEST_BODY = 5 * 1024 * 1024
_TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


@api(PREVIEW_DATA)
def handler(request: Request, product: str, table: str) -> Answer:
    """The first rows of the newest load."""
    query = request.asked(PreviewQuery)
    metadata = store.load_latest(product)
    schema = store.load_schema(metadata, table)
    load = loads.newest(product, metadata.parsed_version.major, table)
    sources = [found for file in load if (found := objects.info(settings.data_bucket(), file.key))]
    if not sources:
        raise NotFound(f"nothing was loaded to table {table} of {product} {metadata.version}")
    rows = _rows(sources, schema.column_names, query.rows)
    longest = _LONGEST_TEXT
    while True:
        preview = Preview(
            product=product,
            table=table,
            version=metadata.version,
            load_timestamp=load[0].load_timestamp,
            columns=list(schema.column_names),
            rows=[[_json(value, longest) for value in row] for row in rows],
        )
        answer = _answer(preview, query)
        if len(json.dumps(answer["body"])) <= _LARGEST_BODY or longest == 0:
            return answer
        longest //= 2


def _answer(preview: Preview, query: PreviewQuery) -> dict[str, Any]:
    if query.format == "json":
        return responses.document(200, preview)
    return responses.raw_answer(200, text_table(preview.columns, preview.rows), _TEXT)


def _rows(
    sources: Sequence[ObjectInfo], columns: tuple[str, ...], count: int
) -> list[list[object]]:
    """The first rows of a load, file after file."""
    wanted = max(1, min(count, _MOST_CELLS // len(columns)))
    rows: list[list[object]] = []
    for source in sources:
        if len(rows) < wanted:
            table = curated.first_rows(source, columns, wanted - len(rows))
            rows += ([row.get(name) for name in columns] for row in table.to_pylist())
    return rows


def _json(value: object, longest: int) -> object:
    """The value as JSON has it: what JSON has no word for is text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    text = str(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
