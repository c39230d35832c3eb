"""Where something of a product may be, besides its head and its Glue databases."""

from __future__ import annotations

from ingestion import catalogue, loads, names, settings
from ingestion.names import Area


def places(product: str) -> tuple[tuple[str, str], ...]:
    """The bucket and prefix of each place."""
    return (
        (settings.landing_bucket(), names.product_prefix(Area.LANDING, product)),
        *(
            (settings.data_bucket(), names.product_prefix(area, product))
            for area in (Area.RAW, Area.FAIL, Area.CURATED)
        ),
        (settings.metadata_bucket(), names.documents_prefix(product)),
    )


def would_come_back(product: str) -> bool:
    """Whether a new product of this name would have another one's data."""
    return any(
        next(loads.files(area, product), None) for area in (Area.RAW, Area.CURATED)
    ) or catalogue.has_database(names.glue_database(product, names.FIRST_VERSION.major))
