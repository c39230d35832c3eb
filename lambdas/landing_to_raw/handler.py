"""Checks an uploaded file against its registered schema and moves it to `raw/`, or to `fail/`.

The event is EventBridge's S3 *Object Created* of the landing bucket. The schema is the newest minor
version's of the major version in the key; columns that a minor version has added may be absent. The
rules for files are in `ingestion.csv_files`.

Answers `{"outcome", "key"}`, the outcome one of

- `raw`: the file is good, and at this key now;
- `fail`: it is not; it is at this key now, with `<uuid>.reason.json` beside it, and counted in the
  metric `FilesFailed`;
- `moved_before`: the event was delivered before, and the file is at this key;
- `gone`: there is no such file, here or there, or its product is being deleted; nothing is left;
- `ignored`: the key is none of the landing zone's; nothing was done.

A malformed event is the error `BadEvent`. AWS failing is an error too, and the next delivery of the
event goes on: the file leaves the landing zone only when it stands, whole, where it belongs.

A file that the check itself fails on is refused, and counted in `ChecksFailed`. The function's
on-failure destination is this code, too: what Lambda has ended it on, for its time or its memory,
is refused as well. What AWS has failed on is `left` then, counted in `FilesLeft`;
`resync_unloaded` finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ingestion import (
    aws,
    csv_files,
    curated,
    loads,
    objects,
    observability,
    publishing,
    reasons,
    settings,
    store,
)
from ingestion.errors import NotFound
from ingestion.events import ObjectCreated, Undelivered
from ingestion.head import Head
from ingestion.names import Area, DataFile
from ingestion.objects import ObjectInfo
from ingestion.problems import BadCsv, Problem

_UNCHECKED = Problem("the file cannot be checked; that is a fault of the service, and is logged")
_ENDED = BadCsv(
    [Problem("the check was ended each time, for its time or its memory; send smaller files")],
    complete=False,
)


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Where the file went."""
    undelivered = Undelivered.parse(event)
    created = ObjectCreated.parse(undelivered.event if undelivered else event)
    file = DataFile.parse_in(Area.LANDING, created.key)
    if not file:
        observability.logger().warning("not a landing key: %s", created.key)
        return _outcome("ignored", created.key)
    observability.keys(product=file.product, table=file.table, file_id=file.file_id)
    source = objects.info(created.bucket, created.key)
    if not source:
        return _delivered_before(file)
    if undelivered and not undelivered.was_ended:
        observability.count("FilesLeft")
        return _outcome("left", file.key)
    raw = file.moved_to(Area.RAW)
    stored = store.read_head(file.product)
    head = stored.head if stored else store.NO_PRODUCT
    if _is_copied(source, raw):
        # A delivery before this one stopped between the copy and the deletion.
        objects.delete(source.bucket, source.key)
        return _unless_deleted(file, head, _outcome("moved_before", raw.key))
    try:
        outcome = _refuse(file, source, _ENDED) if undelivered else _moved(file, head, source)
    except Exception:
        if objects.info(source.bucket, source.key):
            raise
        # Another delivery has moved it meanwhile, or the product was deleted.
        outcome = _delivered_before(file)
    return _unless_deleted(file, head, outcome)


def _moved(file: DataFile, head: Head, source: ObjectInfo) -> dict[str, Any]:
    try:
        rows = _check(file, head, source)
    except BadCsv as bad:
        return _refuse(file, source, bad)
    return _accept(file, source, rows)


def _unless_deleted(file: DataFile, head: Head, outcome: dict[str, Any]) -> dict[str, Any]:
    """The outcome; of a product that was deleted in the meantime nothing may be left."""
    if outcome["outcome"] != "gone" and publishing.is_there(file.product, head):
        return outcome
    objects.delete(settings.landing_bucket(), file.key)
    for key in (file.moved_to(Area.RAW).key, file.moved_to(Area.FAIL).key, file.reason_key):
        objects.delete(settings.data_bucket(), key)
    return _outcome("gone", file.key)


def _delivered_before(file: DataFile) -> dict[str, Any]:
    for area in (Area.RAW, Area.FAIL):
        moved = file.moved_to(area)
        if objects.info(settings.data_bucket(), moved.key):
            return _outcome("moved_before", moved.key)
    observability.logger().warning("no such file, here or moved: %s", file.key)
    return _outcome("gone", file.key)


def _is_copied(source: ObjectInfo, target: DataFile) -> bool:
    copied = objects.info(settings.data_bucket(), target.key)
    return copied is not None and (copied.etag, copied.size) == (source.etag, source.size)


def _check(file: DataFile, head: Head, source: ObjectInfo) -> int:
    """How many rows the file has."""
    try:
        metadata = store.of_major(head, file.product, file.major)
        schema = store.load_schema(metadata, file.table)
    except NotFound as missing:
        raise BadCsv([Problem(str(missing))]) from None
    # What was written for an earlier minor version is still taken.
    optional = store.added_columns(metadata, file.table, schema)
    try:
        rows = csv_files.check(partial(curated.open_csv, source), schema, optional)
    except (BadCsv, *aws.FAILURES):
        raise
    except Exception:
        # A fault of ours; the same again would end like this.
        observability.logger().exception("the check failed")
        observability.count("ChecksFailed")
        raise BadCsv([_UNCHECKED], complete=False) from None
    observability.count("RowsChecked", rows)
    return rows


def _accept(file: DataFile, source: ObjectInfo, rows: int) -> dict[str, Any]:
    _move(source, file.moved_to(Area.RAW), {loads.ROWS: str(rows)})
    observability.count("FilesAccepted")
    return _outcome("raw", file.moved_to(Area.RAW).key)


def _refuse(file: DataFile, source: ObjectInfo, bad: BadCsv) -> dict[str, Any]:
    # The reason first: whoever finds the file in fail/ finds out why.
    reasons.write(file, bad)
    _move(source, file.moved_to(Area.FAIL))
    observability.count("FilesFailed")
    return _outcome("fail", file.moved_to(Area.FAIL).key)


def _move(source: ObjectInfo, target: DataFile, metadata: Mapping[str, str] | None = None) -> None:
    objects.copy(source, settings.data_bucket(), target.key, metadata)
    objects.delete(source.bucket, source.key)


def _outcome(outcome: str, key: str) -> dict[str, Any]:
    observability.logger().info("outcome: %s", outcome)
    return {"outcome": outcome, "key": key}
