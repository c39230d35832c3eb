"""Changes a data product's metadata: `PUT /data-product/{product}`.

The body is the whole metadata as the producer writes it (`ingestion.schemas.ProductDetails`). The
answer, 200, is what was stored, one minor version on. The name cannot change.

Errors: 400 the body is not valid, changes the name, or changes nothing, 404 no such product, 405,
409 another change is being made.
"""

from __future__ import annotations

from ingestion import changes, functions, versioning
from ingestion.api import Request, api
from ingestion.operations import UPDATE_METADATA
from ingestion.schemas import ProductDetails, ProductMetadata


@api(UPDATE_METADATA)
def handler(request: Request, product: str) -> ProductMetadata:
    """The metadata of the new minor version."""
    details = request.parsed(ProductDetails)
    made = changes.make(
        product,
        lambda head: versioning.redescription(head.current(product), details),
        request.deadline(),
    )
    functions.push_to_catalogue(product)
    return made.metadata
