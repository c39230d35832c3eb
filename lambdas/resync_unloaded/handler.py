"""Loads what `raw/` has of a product and `curated/`, or Glue, lacks.

Invoked directly with `{"product"}`. Each raw file without a Parquet file, or whose load is not
registered in Glue, is given to `curated_load`.

Answers `{"product", "queued", "complete", "after"}`. When `complete` is false, the time was not
enough: invoke again with the answer, which goes on after the file named in `after`. Invoked again
with `product` alone it starts over, and does nothing for what was loaded in between.

A malformed event is the error `BadEvent`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ingestion import catalogue, functions, loads, observability
from ingestion.names import Area, DataFile
from ingestion.paging import ProductEvent, each_file


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many files were given to `curated_load`, and where to go on."""
    asked = ProductEvent.parse(event)
    observability.keys(product=asked.product)
    after = DataFile.parse(asked.after).moved_to(Area.CURATED).key if asked.after else ""
    written = {file.moved_to(Area.RAW) for file in loads.files(Area.CURATED, asked.product, after)}
    registered = cache(catalogue.partitions)

    def queue(file: DataFile) -> bool:
        if file in written and file.load_timestamp in registered(file.database, file.table):
            return False
        functions.load(file)
        return True

    progress = each_file(loads.files(Area.RAW, asked.product, asked.after), queue, context)
    observability.count("FilesQueued", progress.queued)
    return {
        "product": asked.product,
        "queued": progress.queued,
        "complete": progress.complete,
        "after": progress.after,
    }
