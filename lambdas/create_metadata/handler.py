"""Registers a data product: `POST /data-product/register`.

The body is the product's metadata (`ingestion.schemas.ProductDetails`). The answer, 201, is what
was stored, as `v1.0`. Then the catalogue is told, which cannot fail the request.

Errors: 400 the body is not valid, 405, 409 the product exists or is being deleted.
"""

from __future__ import annotations

from ingestion import changes, functions, observability, remains, versioning
from ingestion.api import Request, api
from ingestion.errors import BadRequest, Conflict
from ingestion.head import Head
from ingestion.operations import CREATE_METADATA
from ingestion.schemas import ProductDetails, ProductMetadata
from ingestion.versioning import Change

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
    made = changes.make(details.name, lambda head: _change(head, details), request.deadline())
    functions.push_to_catalogue(details.name)
    observability.count("ProductsRegistered")
    return made.metadata


def _change(head: Head, details: ProductDetails) -> Change:
    if head.is_being_deleted:
        raise Conflict(f"data product {details.name} is being deleted; try again later")
    if head.metadata:
        raise Conflict(
            f"data product {details.name} is registered already, as {head.metadata.version}"
        )
    if not head.claim and remains.would_come_back(details.name):
        raise Conflict(
            f"there is data of an earlier data product {details.name}; DELETE it, then register"
        )
    return versioning.registration(details)
