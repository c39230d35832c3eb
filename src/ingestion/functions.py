"""Starting other Lambda functions, without waiting for them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ingestion import aws, observability, settings
from ingestion.names import DataFile


def start(function: str, payload: dict[str, Any]) -> None:
    """Has Lambda invoke the function with this event, soon and at least once."""
    aws.client("lambda").invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode()
    )


def load(file: DataFile, rebuild_since: datetime | None = None) -> None:
    """Has `curated_load` load a raw file, as if it had just been created.

    With `rebuild_since` even one that was loaded before that moment.
    """
    event = _created(settings.data_bucket(), file)
    if rebuild_since:
        event["detail"]["rebuildSince"] = rebuild_since.isoformat()
    start(settings.curated_load_function(), event)


def check(file: DataFile) -> None:
    """Has `landing_to_raw` check a landed file, as if it had just been uploaded."""
    start(settings.landing_to_raw_function(), _created(settings.landing_bucket(), file))


def _created(bucket: str, file: DataFile) -> dict[str, Any]:
    return {"detail": {"bucket": {"name": bucket}, "object": {"key": file.key}}}


def push_to_catalogue(product: str) -> None:
    """Asks for the product to be pushed to the catalogue. Whatever happens, the caller goes on."""
    function = settings.push_to_catalogue_function()
    if not function:
        return
    try:
        start(function, {"product": product})
    except (BotoCoreError, ClientError) as error:
        observability.count("CatalogueNotAsked")
        observability.logger().error("the catalogue push was not started: %s", error)
