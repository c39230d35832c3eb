"""The API's operations: what each takes and answers. Handlers serve by them, `docs` shows them."""

from __future__ import annotations

import base64
import binascii
import re
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
MOST_LISTED = 1000


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
    upload: Annotated[str, Field(description="the id to ask after the file by")]
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


class Page(BaseModel):
    """Which part of a list: so many, after the last one that was seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100
    after: Annotated[str, Field(max_length=128)] = ""


class ListedProduct(Document):
    """A data product in short."""

    name: str
    version: str
    description: str
    status: str


class Products(Document):
    """Data products by name. With `next`, there may be more: ask with `after` set to it."""

    products: list[ListedProduct]
    next: str | None = None


class ListedTable(Document):
    """A table in short."""

    name: str
    description: str
    columns: Annotated[int, Field(description="how many")]


class Tables(Document):
    """The tables of a product's newest version."""

    product: str
    version: str
    tables: list[ListedTable]


class ListedLoad(Document):
    """A load that can be queried: when it was begun, its rows as far as they are known."""

    load_timestamp: str
    rows: int | None = None
    carried_from: Annotated[
        str | None, Field(description="the major version that it was taken over from")
    ] = None


class Loads(Document):
    """A table's loads in the newest major version, the newest first.

    With `next`, there may be more: ask with `after` set to it.
    """

    product: str
    table: str
    version: str
    loads: list[ListedLoad]
    next: str | None = None


class WrongThere(Document):
    """One thing that is wrong with a file."""

    message: str
    line: int | None = None
    column: str | None = None


class UploadedFile(Document):
    """What became of a file.

    `landing`: it is yet to be checked; `raw`: it was checked, and is yet to be loaded; `loaded`: it
    can be queried, in these major versions; `failed`: why is in `problems`, which are not all that
    there are unless `complete`.
    """

    upload: str
    state: Literal["landing", "raw", "loaded", "failed"]
    rows: int | None = None
    versions: list[str] | None = None
    problems: list[WrongThere] | None = None
    complete: bool | None = None


class DocsQuery(BaseModel):
    """The page, or the document that it shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    format: Literal["html", "json"] = "html"


@dataclass(frozen=True)
class Operation:
    """One method of one path: what it takes, what it answers, how it refuses.

    `name` is the lambda's, but of what is `served_by` another. `answer` is None where the answer is
    no JSON document of this API, and `texts` names the other media types that it may have.
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
    served_by: str = ""

    @property
    def function(self) -> str:
        """The lambda that serves it."""
        return self.served_by or self.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters in its path, from the left."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def all_refusals(self) -> tuple[type[ApiError], ...]:
        """The refusals of its own and those that every operation has."""
        return tuple(sorted({BadRequest, MethodNotAllowed, *self.refusals}, key=_status))


def _status(refusal: type[ApiError]) -> int:
    return refusal.status


_PRODUCT = "/data-product/{product}"
_TABLE = _PRODUCT + "/table/{table}"

_READER = "read_products"

LIST_PRODUCTS = Operation(
    "list_products",
    "GET",
    "/data-product",
    "The data products",
    query=Page,
    answer=Products,
    served_by=_READER,
)
GET_PRODUCT = Operation(
    "get_product",
    "GET",
    _PRODUCT,
    "A data product's metadata, as of its newest version",
    answer=ProductMetadata,
    refusals=(NotFound,),
    served_by=_READER,
)
LIST_TABLES = Operation(
    "list_tables",
    "GET",
    f"{_PRODUCT}/table",
    "The tables of a data product",
    answer=Tables,
    refusals=(NotFound,),
    served_by=_READER,
)
LIST_LOADS = Operation(
    "list_loads",
    "GET",
    f"{_TABLE}/load",
    "The loads of a table",
    query=Page,
    answer=Loads,
    refusals=(NotFound,),
    served_by=_READER,
)
GET_UPLOAD = Operation(
    "get_upload",
    "GET",
    f"{_TABLE}/upload/{{upload}}",
    "What became of an uploaded file",
    answer=UploadedFile,
    refusals=(NotFound,),
    served_by=_READER,
)
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
    LIST_PRODUCTS,
    CREATE_METADATA,
    GET_PRODUCT,
    UPDATE_METADATA,
    DELETE_PRODUCT,
    LIST_TABLES,
    CREATE_SCHEMA,
    GET_SCHEMA,
    UPDATE_SCHEMA,
    DELETE_TABLE,
    PRESIGNED_URL,
    GET_UPLOAD,
    LIST_LOADS,
    PREVIEW_DATA,
    DOCS,
)
