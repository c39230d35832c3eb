"""Deletes a data product: `DELETE /data-product/{product}`.

Everything of it goes: landed, raw, refused and curated files, Glue databases, metadata and schemas
of every version. From the first moment on the product is gone for all other requests. The answer is
`{"product", "deletedObjects", "complete"}`: 200 when all is gone, 202 when the time for one request
was not enough. Asking again goes on, after a failure too.

Errors: 400 the name is not valid, 404 there is nothing of such a product, 405.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion import catalogue, names, objects, observability, responses, settings, store
from ingestion.api import Answer, Request, api
from ingestion.errors import NotFound
from ingestion.names import Area
from ingestion.operations import DELETE_PRODUCT, Deletion

_MARGIN_MILLISECONDS = 5000


@api(DELETE_PRODUCT)
def handler(request: Request) -> Answer:
    """How far the deletion has got."""
    product = request.product()
    _mark(product)
    deleted = 0
    for count in _delete_everything(product):
        deleted += count
        if request.milliseconds_left() < _MARGIN_MILLISECONDS:
            part = Deletion(product=product, deleted_objects=deleted, complete=False)
            return responses.document(202, part)
    objects.delete(settings.metadata_bucket(), names.deleting_key(product))
    observability.count("ProductsDeleted")
    return Deletion(product=product, deleted_objects=deleted, complete=True)


def _mark(product: str) -> None:
    if store.is_being_deleted(product):
        return
    if not any(objects.first_key(*place) for place in _places(product)):
        raise NotFound(f"data product {product} is not registered")
    objects.write(
        settings.metadata_bucket(), names.deleting_key(product), b"{}", "application/json"
    )


def _places(product: str) -> tuple[tuple[str, str], ...]:
    """The bucket and prefix of each place where something of the product may be."""
    return (
        (settings.landing_bucket(), names.product_prefix(Area.LANDING, product)),
        *(
            (settings.data_bucket(), names.product_prefix(area, product))
            for area in (Area.RAW, Area.FAIL, Area.CURATED)
        ),
        (settings.metadata_bucket(), names.documents_prefix(product)),
    )


def _delete_everything(product: str) -> Iterator[int]:
    for database in catalogue.databases(product):
        catalogue.drop_database(database)
        yield 0
    mark = names.deleting_key(product)
    for bucket, prefix in _places(product):
        yield from objects.delete_all(
            bucket, (key for key in objects.keys(bucket, prefix) if key != mark)
        )
