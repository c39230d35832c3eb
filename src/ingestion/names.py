"""Identifiers, versions, S3 keys and Glue names, built and parsed. Nothing else knows a path."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from ingestion.errors import InvalidName

_LONG_NAME = 128
_COLUMN_NAME = 255
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_COLUMN = re.compile(r"[a-z0-9_]+")
_VERSION = re.compile(r"v([1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_TIMESTAMP_FORMAT = "%Y%m%dT%H%M%SZ"
_TIMESTAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_DATA_KEY = re.compile(
    r"(?P<area>landing|raw|fail|curated)/(?P<product>[a-z][a-z0-9_]*)/v(?P<major>[1-9][0-9]{0,8})"
    r"/(?P<table>[a-z][a-z0-9_]*)/load_timestamp=(?P<load_timestamp>[0-9]{8}T[0-9]{6}Z)"
    rf"/(?P<file_id>{_UUID4})\.(?P<suffix>csv|parquet)"
)

PARTITION_KEY = "load_timestamp"
"""The one partition key of every table: in S3 paths and in the Glue Data Catalog."""

METADATA_FILE = "metadata.json"
HEAD_FILE = "head.json"


def product_name(text: str) -> str:
    """The text, when it is a valid product name; `InvalidName` otherwise."""
    return _identifier("product", text)


def table_name(text: str) -> str:
    """The text, when it is a valid table name; `InvalidName` otherwise."""
    return _identifier("table", text)


def column_name(text: str) -> str:
    """The text, when it is a valid column name; `InvalidName` otherwise."""
    if not _COLUMN.fullmatch(text) or len(text) > _COLUMN_NAME:
        raise InvalidName(
            f"column name {text[:_COLUMN_NAME]!r} must be 1 to {_COLUMN_NAME} characters "
            "of a-z, 0-9 and _"
        )
    return text


def _identifier(what: str, text: str) -> str:
    if not _IDENTIFIER.fullmatch(text) or len(text) > _LONG_NAME:
        raise InvalidName(
            f"{what} name {text[:_LONG_NAME]!r} must start with a-z and have 1 to {_LONG_NAME} "
            "characters of a-z, 0-9 and _"
        )
    return text


@dataclass(frozen=True, order=True)
class Version:
    """A data product's version, ordered by its two numbers (`v1.10` comes after `v1.9`)."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Version:
        match = _VERSION.fullmatch(text)
        if not match:
            raise InvalidName(f"version {text!r} must look like v1.0")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"

    def next_minor(self) -> Version:
        return replace(self, minor=self.minor + 1)


FIRST_VERSION = Version(1, 0)


def load_timestamp(moment: datetime) -> str:
    """The load timestamp of a moment that knows its zone: UTC, `YYYYMMDDTHHMMSSZ`."""
    if moment.tzinfo is None:
        raise ValueError("a load timestamp needs a moment with a time zone")
    return moment.astimezone(UTC).strftime(_TIMESTAMP_FORMAT)


def moment_of(load_timestamp: str) -> datetime:
    """When a load was begun."""
    return datetime.strptime(load_timestamp, _TIMESTAMP_FORMAT).replace(tzinfo=UTC)


def check_load_timestamp(text: str) -> str:
    """The text, when it is a load timestamp and a real moment; `InvalidName` otherwise."""
    try:
        if not _TIMESTAMP.fullmatch(text):
            raise ValueError
        datetime.strptime(text, _TIMESTAMP_FORMAT)
    except ValueError:
        raise InvalidName(
            f"load timestamp {text!r} must be a UTC moment like 20240131T235959Z"
        ) from None
    return text


class Area(StrEnum):
    """Where a producer's file stands on its way; the first part of its key."""

    LANDING = "landing"
    RAW = "raw"
    FAIL = "fail"
    CURATED = "curated"

    @property
    def suffix(self) -> str:
        return "parquet" if self is Area.CURATED else "csv"


@dataclass(frozen=True, order=True)
class DataFile:
    """One file of one load: product, major version, table, load timestamp and file id (a UUID4)."""

    area: Area
    product: str
    major: int
    table: str
    load_timestamp: str
    file_id: str

    @classmethod
    def parse(cls, key: str) -> DataFile:
        """The file at this (decoded) S3 key; `InvalidName` when it is no key of this layout."""
        match = _DATA_KEY.fullmatch(key)
        if not match or Area(match["area"]).suffix != match["suffix"]:
            raise InvalidName(
                f"key {key!r} is not <area>/<product>/v<major>/<table>/{PARTITION_KEY}=<ts>/"
                "<uuid4>.csv (.parquet in curated)"
            )
        return cls(
            area=Area(match["area"]),
            product=product_name(match["product"]),
            major=int(match["major"]),
            table=table_name(match["table"]),
            load_timestamp=check_load_timestamp(match["load_timestamp"]),
            file_id=match["file_id"],
        )

    @classmethod
    def parse_in(cls, area: Area, key: str) -> DataFile | None:
        """The file at this key, when it is one of the area; None for any other key."""
        try:
            file = cls.parse(key)
        except InvalidName:
            return None
        return file if file.area is area else None

    @classmethod
    def new(cls, product: str, major: int, table: str, moment: datetime) -> DataFile:
        """A file about to be uploaded to the landing zone, with a fresh id."""
        return cls(Area.LANDING, product, major, table, load_timestamp(moment), str(uuid.uuid4()))

    def moved_to(self, area: Area) -> DataFile:
        return replace(self, area=area)

    def in_major(self, major: int) -> DataFile:
        return replace(self, major=major)

    @property
    def database(self) -> str:
        """The Glue database of the file's major version."""
        return glue_database(self.product, self.major)

    @property
    def prefix(self) -> str:
        """The folder of this load, with the slash at its end."""
        return (
            f"{table_prefix(self.area, self.product, self.major, self.table)}"
            f"{PARTITION_KEY}={self.load_timestamp}/"
        )

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.file_id}.{self.area.suffix}"

    @property
    def reason_key(self) -> str:
        """Where the reason of a refused file stands, beside it in `fail/`."""
        return f"{self.moved_to(Area.FAIL).prefix}{self.file_id}.reason.json"


_UPLOAD = re.compile(rf"v([1-9][0-9]{{0,8}})-([0-9]{{8}}T[0-9]{{6}}Z)-({_UUID4})")


def upload_id(file: DataFile) -> str:
    """What an upload is asked after by, beside its product and table."""
    return f"v{file.major}-{file.load_timestamp}-{file.file_id}"


def uploaded(product: str, table: str, upload: str) -> DataFile:
    """The landed file of an upload's id; `InvalidName` when it is none."""
    match = _UPLOAD.fullmatch(upload)
    if not match:
        raise InvalidName(
            f"upload {upload[:_LONG_NAME]!r} must look like v1-20240131T235959Z-<uuid>"
        )
    moment = check_load_timestamp(match[2])
    return DataFile(Area.LANDING, product, int(match[1]), table, moment, match[3])


def product_prefix(area: Area, product: str) -> str:
    """The folder of all of a product's files in one area, every major version."""
    return f"{area}/{product}/"


def major_prefix(area: Area, product: str, major: int) -> str:
    """The folder of one major version of a product in one area."""
    return f"{product_prefix(area, product)}v{major}/"


def table_prefix(area: Area, product: str, major: int, table: str) -> str:
    """The folder of one table of one major version in one area."""
    return f"{major_prefix(area, product, major)}{table}/"


def documents_prefix(product: str) -> str:
    """The folder of all of a product's metadata and schemas, every version."""
    return f"{product}/"


def version_prefix(product: str, version: Version) -> str:
    """The folder of one version's metadata and schemas."""
    return f"{documents_prefix(product)}{version}/"


def metadata_key(product: str, version: Version) -> str:
    return f"{version_prefix(product, version)}{METADATA_FILE}"


def schema_key(product: str, version: Version, table: str) -> str:
    return f"{version_prefix(product, version)}{table}/schema.json"


def head_key(product: str) -> str:
    """Where the one document stands that says what the product is now."""
    return f"{documents_prefix(product)}{HEAD_FILE}"


def s3_uri(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"


def product_id(product: str, version: Version) -> str:
    """The id that a product's metadata carries and catalogues know it by."""
    return f"dp:{product}:{version}"


def glue_database(product: str, major: int) -> str:
    """The Glue database of a product's major version."""
    return f"{product}_v{major}"


def is_glue_database(name: str, product: str) -> bool:
    """Whether a Glue database is of some major version of the product."""
    return re.fullmatch(rf"{re.escape(product)}_v[1-9][0-9]*", name) is not None
