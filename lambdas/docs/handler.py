"""Describes the API: `GET /docs`.

The answer, 200, is a page for people; with `?format=json` it is the OpenAPI 3.1 document that the
page shows, generated from the models that the handlers serve by.

Errors: 400 a parameter is not valid, 405.
"""

from __future__ import annotations

from functools import cache

from docs.openapi import document
from docs.page import page

from ingestion import responses
from ingestion.api import Answer, Request, api
from ingestion.operations import DOCS, DocsQuery

_CACHE = {"Cache-Control": "public, max-age=300"}
_PAGE = {
    "Content-Type": "text/html; charset=utf-8",
    # The page is text and style: nothing on it may run or load.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    **_CACHE,
}


@api(DOCS)
def handler(request: Request) -> Answer:
    """The page, or the document."""
    if request.asked(DocsQuery).format == "json":
        return responses.answer(200, document(), _CACHE)
    return responses.raw_answer(200, _page(), _PAGE)


@cache
def _page() -> str:
    return page(document())
