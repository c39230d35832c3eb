"""Loads what `raw/` has of a product and `curated/`, or Glue, lacks; sweeps its landing zone.

Invoked directly with `{"product"}`. Each file that has been in the landing zone for longer than 20
minutes is given to `landing_to_raw` and counted in the metric `FilesLeftInLanding`. Each raw file
without a Parquet file, or whose load is not registered in Glue, is given to `curated_load`, unless
that has refused it since the product last changed; so is one that a later major version has taken
over and lost.

Answers `{"product", "queued", "complete", "after"}`. When `complete` is false, the time was not
enough: invoke again with the answer, which goes on after the file named in `after`. Invoked again
with `product` alone it starts over, and does nothing for what was loaded in between.

A malformed event is the error `BadEvent`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from ingestion import (
    catalogue,
    following,
    functions,
    loads,
    names,
    objects,
    observability,
    settings,
    store,
)
from ingestion.names import Area, DataFile
from ingestion.paging import ProductEvent, each_file

# A form is taken for 5 minutes, and a function may run for 15.
_IN_LANDING = timedelta(minutes=20)


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many files were given to a function, and where to go on."""
    asked = ProductEvent.parse(event)
    observability.keys(product=asked.product)
    after = DataFile.parse(asked.after) if asked.after else None
    is_unloaded = _Unloaded(asked.product, after)

    def queue(file: DataFile) -> bool:
        if file.area is Area.LANDING:
            return _sweep(file)
        if not is_unloaded(file):
            return False
        functions.load(file)
        return True

    progress = each_file(_files(asked.product, after), queue, context)
    observability.count("FilesQueued", progress.queued)
    return {
        "product": asked.product,
        "queued": progress.queued,
        "complete": progress.complete,
        "after": progress.after,
    }


def _files(product: str, after: DataFile | None) -> Iterator[DataFile]:
    """The landed files and then the raw ones, after one of them."""
    if not after or after.area is Area.LANDING:
        yield from loads.files(Area.LANDING, product, after.key if after else "")
        after = None
    yield from loads.files(Area.RAW, product, after.key if after else "")


def _sweep(file: DataFile) -> bool:
    if datetime.now(UTC) - names.moment_of(file.load_timestamp) < _IN_LANDING:
        return False
    functions.check(file)
    observability.count("FilesLeftInLanding")
    return True


class _Unloaded:
    """Tells of raw files, in the order of their keys, whether they are still to be loaded."""

    def __init__(self, product: str, after: DataFile | None) -> None:
        start = after.moved_to(Area.CURATED).key if after and after.area is Area.RAW else ""
        self._written = {
            file.moved_to(Area.RAW) for file in loads.files(Area.CURATED, product, start)
        }
        self._registered = cache(catalogue.loads)
        stored = store.read_head(product)
        self._head = stored.head if stored and stored.head.is_there else store.NO_PRODUCT
        self._current = self._head.metadata

    def __call__(self, file: DataFile) -> bool:
        is_loaded = file in self._written and (
            file.load_timestamp in self._registered(file.database, file.table)
        )
        return not ((is_loaded and self._is_in_later_versions(file)) or self._is_refused(file))

    def _is_in_later_versions(self, file: DataFile) -> bool:
        """Whether each later major version that has taken the file over still has it."""
        if not self._current:
            return True
        taken = (file.in_major(version.major) for version in following.later(file, self._head))
        return all(copy in self._written or not self._was_carried(copy) for copy in taken)

    def _was_carried(self, copy: DataFile) -> bool:
        parameters = self._registered(copy.database, copy.table).get(copy.load_timestamp, {})
        return catalogue.CARRIED_FROM in parameters

    def _is_refused(self, file: DataFile) -> bool:
        reason = objects.info(settings.data_bucket(), file.reason_key)
        return bool(reason and self._current and reason.last_modified > self._current.last_updated)
