"""Makes all of a product's curated data again from its raw files.

Invoked directly with `{"product"}`. Each raw file, of every major version, is given to
`curated_load`, which loads it again unless that has happened since `since`.

Answers `{"product", "queued", "complete", "since", "after"}`. When `complete` is false, the time
was not enough: invoke again with the answer, which goes on after the file named in `after`. Invoked
again with `product` and `since` alone, after a failure, it starts over and skips what was loaded.

A malformed event is the error `BadEvent`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingestion import functions, loads, observability
from ingestion.names import Area, DataFile
from ingestion.paging import ProductEvent, each_file


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many files were given to `curated_load`, and where to go on."""
    asked = ProductEvent.parse(event)
    observability.keys(product=asked.product)
    since = asked.since or datetime.now(UTC).replace(microsecond=0)

    def queue(file: DataFile) -> bool:
        functions.load(file, rebuild_since=since)
        return True

    progress = each_file(loads.files(Area.RAW, asked.product, asked.after), queue, context)
    observability.count("FilesQueued", progress.queued)
    return {
        "product": asked.product,
        "queued": progress.queued,
        "complete": progress.complete,
        "since": since.isoformat(),
        "after": progress.after,
    }
