"""The release record as it stands in the registry: docs/release.md is its format."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from delivery.core.errors import RecordError
from delivery.core.invalid import first_problem

_DIGEST = r"^sha256:[0-9a-f]{64}$"


class _Model(BaseModel):
    # A later record may say more; what this version acts on, it must have as it knows it.
    model_config = ConfigDict(frozen=True, extra="ignore")


class Image(_Model):
    """One image: `repository` is its path in the registry, `address` its target."""

    repository: str
    address: str
    name: str
    digest: str = Field(pattern=_DIGEST)


class Record(_Model):
    """What a release holds. `sha256` is of the document's own bytes."""

    format: Literal[2]
    id: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[1-9][0-9]*$")
    commit: str = Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")
    time: str
    images: tuple[Image, ...]
    runtime: dict[str, str] = Field(default_factory=dict)
    locks: dict[str, str] = Field(default_factory=dict)
    toolchain: dict[str, str] = Field(default_factory=dict)
    _sha256: str = PrivateAttr("")

    @property
    def sha256(self) -> str:
        return self._sha256


def parse(data: bytes, origin: str) -> Record:
    """The record in a document. Raises `RecordError` that names `origin`."""
    try:
        record = Record.model_validate_json(data)
    except ValidationError as error:
        raise RecordError(
            f"{origin} is no release record that this version reads ({first_problem(error)}). "
            "docs/release.schema.json is what it must be."
        ) from error
    record._sha256 = hashlib.sha256(data).hexdigest()
    return record
