"""What became of an uploaded file: by where it is, looked at in the order in which it moves."""

from __future__ import annotations

from typing import Any

from ingestion import catalogue, following, loads, names, objects, reasons, settings, store
from ingestion.errors import NotFound
from ingestion.names import Area, DataFile
from ingestion.objects import ObjectInfo
from ingestion.operations import UploadedFile, WrongThere


def uploaded_file(landed: DataFile) -> UploadedFile:
    """What became of the file; `NotFound` when there is no such file, or none of its product."""
    head = store.load_head(landed.product)
    upload = names.upload_id(landed)
    if objects.info(settings.landing_bucket(), landed.key):
        return UploadedFile(upload=upload, state="landing")
    raw = _info(landed.moved_to(Area.RAW))
    if raw:
        curated = landed.moved_to(Area.CURATED)
        versions = (landed.major, *(version.major for version in following.later(landed, head)))
        places = [major for major in versions if _is_loaded(curated.in_major(major))]
        if places:
            return UploadedFile(
                upload=upload,
                state="loaded",
                rows=int(raw.metadata[loads.ROWS]) if loads.ROWS in raw.metadata else None,
                versions=[f"v{major}" for major in places],
            )
    if raw or _info(landed.moved_to(Area.FAIL)):
        reason = reasons.read(landed)
        if reason:
            return _failed(upload, reason)
        return UploadedFile(upload=upload, state="raw" if raw else "failed")
    raise NotFound(
        f"no file was uploaded as {upload} to table {landed.table} of {landed.product}; "
        "a form is taken for five minutes"
    )


def _is_loaded(curated: DataFile) -> bool:
    return _info(curated) is not None and catalogue.has_partition(curated)


def _info(file: DataFile) -> ObjectInfo | None:
    return objects.info(settings.data_bucket(), file.key)


def _failed(upload: str, reason: dict[str, Any]) -> UploadedFile:
    return UploadedFile(
        upload=upload,
        state="failed",
        problems=[WrongThere(**problem) for problem in reason["problems"]],
        complete=reason["complete"],
    )
