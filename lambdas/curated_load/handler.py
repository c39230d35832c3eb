"""Loads a raw file: one Parquet file of the registered types, and its partition in Glue.

The event is EventBridge's S3 *Object Created* of `raw/`. `detail.rebuildSince`, a moment, is the
pipeline's own: a file that was loaded before then is loaded again. The schema is the newest minor
version's of the major version in the key; a column that the file lacks, because it was added later,
is null. A file that was on its way over a major change is registered in the later version, too,
unless the change deleted its table or changed a type of it; then it is counted in the metric
`LoadsOfEarlierVersions`.

Answers `{"outcome", "key"}`, the outcome one of

- `loaded`: the Parquet file is at this key, and its load is registered;
- `loaded_before`: so it was already, and nothing was written;
- `refused`: a row does not fit the schema, or there is no schema; why is in `fail/`, in
  `<uuid>.reason.json`, and it is counted in the metric `LoadsRefused`; the raw file stays;
- `gone`: there is no such raw file, or its product is being deleted; nothing is left of it;
- `ignored`: the key is none of `raw/`; nothing was done.

A malformed event is the error `BadEvent`. AWS failing is an error too. Whatever the step it stopped
at, the next delivery of the event, or `resync_unloaded`, goes on: the Parquet object appears whole,
and the partition is registered after it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingestion import (
    catalogue,
    curated,
    following,
    objects,
    observability,
    publishing,
    reasons,
    settings,
    store,
)
from ingestion.errors import NotFound
from ingestion.events import ObjectCreated
from ingestion.head import Head
from ingestion.names import Area, DataFile
from ingestion.objects import ObjectInfo
from ingestion.problems import BadCsv, Problem
from ingestion.schemas import TableSchema


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What became of the raw file."""
    created = ObjectCreated.parse(event)
    file = DataFile.parse_in(Area.RAW, created.key)
    if not file:
        observability.logger().warning("not a raw key: %s", created.key)
        return _outcome("ignored", created.key)
    observability.keys(product=file.product, table=file.table, file_id=file.file_id)
    source = objects.info(created.bucket, created.key)
    if not source:
        return _outcome("gone", created.key)
    stored = store.read_head(file.product)
    head = stored.head if stored else store.NO_PRODUCT
    try:
        return _load(file, source, head, created.rebuild_since)
    except Exception:
        if publishing.is_there(file.product, head):
            raise
        # Whatever went wrong, it was that the product is being deleted.
        return _outcome("gone", file.key)


def _load(
    file: DataFile, source: ObjectInfo, head: Head, rebuild_since: datetime | None
) -> dict[str, Any]:
    target = file.moved_to(Area.CURATED)
    try:
        schema = store.load_schema(store.of_major(head, file.product, file.major), file.table)
        is_written = _is_written(target, source, rebuild_since)
        is_registered = catalogue.has_partition(target)
        if is_written and is_registered:
            restored = publishing.restore(target, head)
            return _outcome("loaded" if restored else "loaded_before", target.key)
        if not is_written:
            _write(source, schema, target)
    except NotFound as missing:
        return _refuse(file, head, BadCsv([Problem(str(missing))]))
    except BadCsv as bad:
        return _refuse(file, head, bad)
    published = publishing.load(target, head, is_new=not is_registered)
    if not published:
        return _outcome("gone", file.key)
    observability.count("FilesLoaded")
    if not following.is_current(target, published):
        observability.count("LoadsOfEarlierVersions")
        observability.logger().warning("the table has changed: not in the current version")
    return _outcome("loaded", target.key)


def _is_written(target: DataFile, source: ObjectInfo, rebuild_since: datetime | None) -> bool:
    found = objects.info(settings.data_bucket(), target.key)
    if found is None or not curated.is_made_of(found, source):
        return False
    # S3 tells the time in whole seconds, so what is as old as the request may be older.
    return rebuild_since is None or found.last_modified > rebuild_since


def _write(source: ObjectInfo, schema: TableSchema, target: DataFile) -> None:
    rows = curated.write(source, schema, settings.data_bucket(), target)
    observability.count("RowsLoaded", rows)


def _refuse(file: DataFile, head: Head, bad: BadCsv) -> dict[str, Any]:
    reasons.write(file, bad)
    raw = objects.info(settings.data_bucket(), file.key)
    if not raw or not publishing.is_there(file.product, head):
        objects.delete(settings.data_bucket(), file.reason_key)
        return _outcome("gone", file.key)
    observability.count("LoadsRefused")
    return _outcome("refused", file.key)


def _outcome(outcome: str, key: str) -> dict[str, Any]:
    observability.logger().info("outcome: %s", outcome)
    return {"outcome": outcome, "key": key}
