"""The API's operations: what each takes and answers. Handlers serve by them, `docs` shows them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ingestion.errors import ApiError, BadRequest, Conflict, MethodNotAllowed, NotFound
from ingestion.schemas import Document, ProductDetails, ProductMetadata, TableSchema
from ingestion.versioning import Changes

LARGEST_UPLOAD = 5 * 1024**3
"""Bytes: the largest object that S3 copies in one request, which is how it leaves the landing."""

MOST_PREVIEW_ROWS = 100


def _md5(text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise ValueError("must be the base64 form of a 16-byte MD5 digest")
    return text


class UploadRequest(Document):
    """What the producer is about to upload."""

    content_md5: Annotated[
        str, AfterValidator(_md5), Field(description="base64 of the file's MD5 digest")
    ]
    content_length: Annotated[int, Field(ge=1, le=LARGEST_UPLOAD, description="bytes")]


class Upload(Document):
    """A form that S3 takes once, for the announced content: post `fields`, then `file` last."""

    url: str
    fields: dict[str, str]
    key: str
    expires_in: Annotated[int, Field(description="seconds")]


class TableVersion(Document):
    """The version of the product that a change of a table has made."""

    product: str
    table: str
    version: str


class UpdatedTable(TableVersion):
    """The version that a schema update has made, and what it changed."""

    changes: Changes


class Deletion(Document):
    """How far the deletion of a product has got; when it is not complete, ask again."""

    product: str
    deleted_objects: int
    complete: bool


class PreviewQuery(BaseModel):
    """How much to show, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    rows: Annotated[int, Field(ge=1, le=MOST_PREVIEW_ROWS)] = 10
    format: Literal["json", "text"] = "json"


class Preview(Document):
    """The first rows of a table's newest load.

    Decimals, dates and timestamps are text; a text longer than 200 characters is cut, with `…`.
    """

    product: str
    table: str
    version: str
    load_timestamp: str
    columns: list[str]
    rows: list[list[Any]]


class DocsQuery(BaseModel):
    """The page, or the document that it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    format: Literal["html", "json"] = "html"


@dataclass(frozen=True)
class Operation:
    """One method of one path: what it takes, what it answers, how it refuses.

    `name` is the lambda's. `answer` is None where the answer is no JSON document of this API, and
    `texts` names the other media types that it may have.
    """

    name: str
    method: str
    path: str
    summary: str
    answer: type[BaseModel] | None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refusals: tuple[type[ApiError], ...] = ()
    texts: tuple[str, ...] = ()
    also: Mapping[int, str] = field(default_factory=dict)
    is_public: bool = False

    @property
    def all_refusals(self) -> tuple[type[ApiError], ...]:
        """The refusals of its own and those that every operation has."""
        return tuple(sorted({BadRequest, MethodNotAllowed, *self.refusals}, key=_status))


def _status(refusal: type[ApiError]) -> int:
    return refusal.status


_PRODUCT = "/data-product/{product}"
_TABLE = _PRODUCT + "/table/{table}"

CREATE_METADATA = Operation(
    "create_metadata",
    "POST",
    "/data-product/register",
    "Register a data product, as v1.0",
    body=ProductDetails,
    answer=ProductMetadata,
    status=201,
    refusals=(Conflict,),
)
UPDATE_METADATA = Operation(
    "update_metadata",
    "PUT",
    _PRODUCT,
    "Change what is told of a data product: a minor version",
    body=ProductDetails,
    answer=ProductMetadata,
    refusals=(NotFound, Conflict),
)
CREATE_SCHEMA = Operation(
    "create_schema",
    "POST",
    f"{_TABLE}/schema",
    "Register a table by its schema: a minor version, or v1.0's first table",
    body=TableSchema,
    answer=TableVersion,
    status=201,
    refusals=(NotFound, Conflict),
)
GET_SCHEMA = Operation(
    "get_schema",
    "GET",
    f"{_TABLE}/schema",
    "The newest schema of a table, as it was written",
    answer=TableSchema,
    refusals=(NotFound,),
)
UPDATE_SCHEMA = Operation(
    "update_schema",
    "PUT",
    f"{_TABLE}/schema",
    "Change a table's schema: a major version if columns go or types change, else a minor one",
    body=TableSchema,
    answer=UpdatedTable,
    refusals=(NotFound, Conflict),
)
DELETE_TABLE = Operation(
    "delete_table",
    "DELETE",
    _TABLE,
    "Make a major version without a table",
    answer=TableVersion,
    refusals=(NotFound, Conflict),
)
DELETE_PRODUCT = Operation(
    "delete_product",
    "DELETE",
    _PRODUCT,
    "Delete everything of a data product",
    answer=Deletion,
    also={202: "There was too much for one request: ask again to go on"},
    refusals=(NotFound,),
)
PRESIGNED_URL = Operation(
    "presigned_url",
    "POST",
    f"{_TABLE}/upload",
    "A form to upload one CSV file with, within five minutes",
    body=UploadRequest,
    answer=Upload,
    refusals=(NotFound,),
)
PREVIEW_DATA = Operation(
    "preview_data",
    "GET",
    f"{_TABLE}/preview",
    "The first rows of a table's newest load",
    query=PreviewQuery,
    answer=Preview,
    texts=("text/plain",),
    refusals=(NotFound,),
)
DOCS = Operation(
    "docs",
    "GET",
    "/docs",
    "This document, or a page that shows it",
    query=DocsQuery,
    answer=None,
    texts=("text/html", "application/json"),
    is_public=True,
)

ALL = (
    CREATE_METADATA,
    UPDATE_METADATA,
    DELETE_PRODUCT,
    CREATE_SCHEMA,
    GET_SCHEMA,
    UPDATE_SCHEMA,
    DELETE_TABLE,
    PRESIGNED_URL,
    PREVIEW_DATA,
    DOCS,
)
