"""The AWS of this process as it was at a moment, to begin from as often as is needed."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any, NewType

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from ingestion_testing.fixtures import REGION

Snapshot = NewType("Snapshot", bytes)


def take() -> Snapshot:
    """What S3 and Glue hold now."""
    return Snapshot(pickle.dumps([vars(backend) for backend in _backends()]))


def restore(snapshot: Snapshot) -> None:
    """Lets S3 and Glue hold what they held, and nothing else; only within `fixtures.world`."""
    for backend, held in zip(_backends(), pickle.loads(snapshot), strict=True):
        vars(backend).clear()
        vars(backend).update(held)


def objects(bucket: str) -> dict[str, bytes]:
    """All objects of a bucket, by key."""
    s3, _ = _backends()
    return {key: found.value for key, found in s3.buckets[bucket].keys.items()}


@dataclass(frozen=True)
class GlueTable:
    """What Glue says of a table: its columns, each `name type`, and its load timestamps."""

    columns: tuple[str, ...]
    loads: tuple[str, ...]


def glue() -> dict[str, dict[str, GlueTable]]:
    """The tables of each Glue database."""
    _, backend = _backends()
    return {
        database: {name: _glue_table(table) for name, table in found.tables.items()}
        for database, found in backend.databases.items()
    }


def _glue_table(table: Any) -> GlueTable:
    columns = table.get_version(str(table._current_version))["StorageDescriptor"]["Columns"]
    return GlueTable(
        tuple(f"{column['Name']} {column['Type']}" for column in columns),
        tuple(partition.values[0] for partition in table.partitions.values()),
    )


def _backends() -> tuple[Any, Any]:
    return (
        get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"],
        get_backend("glue")[DEFAULT_ACCOUNT_ID][REGION],
    )
