"""The AWS of this process as it was at a moment, to begin from as often as is needed."""

from __future__ import annotations

import pickle
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


def _backends() -> tuple[Any, Any]:
    return (
        get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"],
        get_backend("glue")[DEFAULT_ACCOUNT_ID][REGION],
    )
