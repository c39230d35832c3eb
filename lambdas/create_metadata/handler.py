"""Registers a data product: `POST /data-product/register`.

The body is the product's metadata (`ingestion.schemas.ProductDetails`). The answer, 201, is what
was stored, as `v1.0`. Then the catalogue is told, which cannot fail the request.

Errors: 400 the body is not valid, 405, 409 the product exists or is being deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ingestion import functions, observability, store, versioning
from ingestion.api import Request, api
from ingestion.errors import BadRequest, Conflict
from ingestion.operations import CREATE_METADATA
from ingestion.schemas import ProductDetails, ProductMetadata

_TAKEN_BY_PATHS = ("register",)


@api(CREATE_METADATA)
def handler(request: Request) -> ProductMetadata:
    """The metadata of the new product's first version."""
    details = request.parsed(ProductDetails)
    observability.keys(product=details.name)
    if details.name in _TAKEN_BY_PATHS:
        raise BadRequest(
            f"name: {details.name!r} is a path of this API and can be no product's name"
        )
    if store.is_being_deleted(details.name):
        raise Conflict(f"data product {details.name} is being deleted; try again later")
    if version := store.latest_version(details.name):
        raise Conflict(f"data product {details.name} is registered already, as {version}")
    metadata = versioning.registered(details, datetime.now(UTC))
    store.write_version(metadata, {})
    functions.push_to_catalogue(metadata.name)
    observability.count("ProductsRegistered")
    return metadata
