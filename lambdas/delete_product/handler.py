"""Deletes a data product: `DELETE /data-product/{product}`.

Everything of it goes: landed, raw, refused and curated files, Glue databases, metadata and schemas
of every version. From the first moment on the product is gone for all other requests. The answer is
`{"product", "deletedObjects", "complete"}`: 200 when all is gone, 202 when the time for one request
was not enough. Asking again goes on, after a failure too. The catalogue is told.

Errors: 400 the name is not valid, 404 there is nothing of such a product, 405.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from ingestion import (
    catalogue,
    functions,
    names,
    objects,
    observability,
    remains,
    responses,
    store,
)
from ingestion.api import Answer, Request, api
from ingestion.errors import Conflict, NotFound
from ingestion.head import Head
from ingestion.operations import DELETE_PRODUCT, Deletion
from ingestion.store import Stored

_MARGIN_MILLISECONDS = 5000
_ATTEMPTS = 5


@api(DELETE_PRODUCT)
def handler(request: Request, product: str) -> Answer:
    """How far the deletion has got."""
    marked = _mark(product)
    deleted = 0
    for count in _delete_everything(product, marked):
        deleted += count
        if request.milliseconds_left() < _MARGIN_MILLISECONDS:
            part = Deletion(product=product, deleted_objects=deleted, complete=False)
            return responses.document(202, part)
    # Before the head goes: whoever dies in between is asked again, and tells it again.
    functions.push_to_catalogue(product)
    with suppress(objects.Changed):
        # Somebody who deleted it, too, was faster.
        store.delete_head(product, marked)
    observability.count("ProductsDeleted")
    return Deletion(product=product, deleted_objects=deleted, complete=True)


def _mark(product: str) -> Stored:
    """The head that says that the product is being deleted."""
    for _ in range(_ATTEMPTS):
        found = store.read_head(product)
        if found and found.head.is_being_deleted:
            return found
        if not found and not any(objects.first_key(*place) for place in remains.places(product)):
            raise NotFound(f"data product {product} is not registered")
        head = found.head if found else Head(generation=uuid.uuid4().hex)
        with suppress(objects.Changed):
            return store.write_head(product, head.deleting(product, datetime.now(UTC)), found)
    raise Conflict(f"others are changing data product {product}; try again")


def _delete_everything(product: str, marked: Stored) -> Iterator[int]:
    def is_mine() -> bool:
        # Whoever deleted it, too, may be done, and the name be another product's.
        return store.read_head(product) == marked

    for database in catalogue.databases(product):
        if is_mine():
            catalogue.drop_database(database)
            yield 0
    head = names.head_key(product)
    for bucket, prefix in remains.places(product):
        while some := list(islice((k for k in objects.keys(bucket, prefix) if k != head), 1000)):
            if not is_mine():
                return
            yield from objects.delete_all(bucket, some)
