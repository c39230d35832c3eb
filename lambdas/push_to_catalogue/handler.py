"""Tells the metadata catalogue of a product: its newest version and all of its tables.

Invoked with `{"product"}`, by the lambdas that change products and by hand. The catalogue has an
HTTP API of OpenMetadata's shape: the product is a database of the service `data_products`, its
major version a database schema, its tables are tables. Each is put, made or brought up to date, so
once more changes nothing.

Answers `{"outcome", "product"}`, the outcome one of

- `pushed`;
- `failed`: the catalogue was not there, or refused something. That is logged, counted in the metric
  `CataloguePushesFailed`, and no error: nobody's work depends on it, and the next push tells all;
- `gone`: there is no such product, and the catalogue has none of its name any more.

A malformed event is the error `BadEvent`.
"""

from __future__ import annotations

from typing import Any

from push_to_catalogue import entities
from push_to_catalogue.catalogue_api import CatalogueApi, CatalogueError

from ingestion import aws, observability, settings, store
from ingestion.errors import NotFound
from ingestion.head import Head
from ingestion.paging import ProductEvent

_ATTEMPTS = 5


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Whether the catalogue knows."""
    product = ProductEvent.parse(event).product
    observability.keys(product=product)
    try:
        with CatalogueApi(settings.catalogue_url(), _token()) as catalogue:
            is_there = _tell(catalogue, product)
    except CatalogueError as error:
        observability.logger().error("the catalogue was not told: %s", error)
        observability.count("CataloguePushesFailed")
        return _outcome("failed", product)
    if not is_there:
        return _outcome("gone", product)
    observability.count("CataloguePushes")
    return _outcome("pushed", product)


def _tell(catalogue: CatalogueApi, product: str) -> bool:
    """Tells of the product as it is, until that is still so afterwards; whether it is there.

    Otherwise it might delete what another push has just told of a product registered again.
    """
    for _ in range(_ATTEMPTS):
        head = _head(product)
        if not head:
            catalogue.delete(entities.path_of(product))
        else:
            metadata = head.current(product)
            try:
                schemas = store.load_schemas(metadata)
            except NotFound:
                # Deleted in the meantime.
                continue
            for path, entity in entities.of(metadata, schemas):
                catalogue.put(path, entity)
        after = _head(product)
        if (head and (head.generation, head.metadata)) == (
            after and (after.generation, after.metadata)
        ):
            return head is not None
    raise CatalogueError("the product was changed again and again; the last change tells it")


def _head(product: str) -> Head | None:
    stored = store.read_head(product)
    return stored.head if stored and stored.head.is_there else None


def _token() -> str:
    secret_id = settings.catalogue_secret_id()
    return str(aws.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])


def _outcome(outcome: str, product: str) -> dict[str, Any]:
    return {"outcome": outcome, "product": product}
