"""Product metadata and table schemas: typed models, to and from JSON, and to Glue.

Their Arrow form is in `arrow_schema`, so that a lambda that reads no data does not carry pyarrow.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)
from pydantic.alias_generators import to_camel

from ingestion import names
from ingestion.column_types import ColumnType


class Document(BaseModel):
    """A document of the pipeline: camel case in JSON, nothing accepted that is not declared."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
        # A lambda builds the validators of the few models that it uses, when it uses them.
        defer_build=True,
    )

    def to_json(self) -> bytes:
        """The stored form; the same document gives the same bytes."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=2).encode()

    def to_dict(self) -> dict[str, Any]:
        """The stored form as JSON's own types."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _valid_type(text: str) -> str:
    return str(ColumnType.parse(text))


def _valid_column(text: str) -> str:
    if text == names.PARTITION_KEY:
        raise ValueError(f"{names.PARTITION_KEY} is the partition key and cannot be a column")
    return names.column_name(text)


Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
ProductName = Annotated[str, AfterValidator(names.product_name)]
TableName = Annotated[str, AfterValidator(names.table_name)]
ColumnName = Annotated[str, AfterValidator(_valid_column)]
TypeName = Annotated[str, AfterValidator(_valid_type)]
Status = Literal["draft", "published", "retired"]


class ProductDetails(Document):
    """What a producer tells of a data product."""

    name: ProductName
    description: Text
    domain: Text
    data_product_owner: Email
    data_product_owner_display_name: Text
    email: Email
    status: Status
    dpia_required: bool
    data_product_maintainer: Email | None = None
    data_product_maintainer_display_name: Text | None = None
    dpia_location: Text | None = None
    retention_period: Annotated[int, Field(ge=0, description="days")] | None = None
    tags: dict[Text, str] | None = None


class ProductMetadata(ProductDetails):
    """A stored version of a data product: the details, and what the pipeline adds to them."""

    version: str
    id: str
    creation_date: datetime
    last_updated: datetime
    s3_location: str
    schemas: tuple[TableName, ...] = ()

    @property
    def parsed_version(self) -> names.Version:
        return names.Version.parse(self.version)


# What Glue refuses, every load of the table would fail on.
ColumnDescription = Annotated[
    str,
    StringConstraints(max_length=255, pattern=r"^[^\x00-\x08\x0A-\x1F\uFFFE\uFFFF]*$"),
]
TableDescription = Annotated[
    str,
    StringConstraints(max_length=2048, pattern=r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]*$"),
]
MOST_COLUMNS = 5000


class Column(Document):
    """One column: its name, its type in Glue's terms, and what it means, on one line."""

    name: ColumnName
    type: TypeName
    description: ColumnDescription

    @property
    def column_type(self) -> ColumnType:
        return ColumnType.parse(self.type)


class TableSchema(Document):
    """A table's schema as its producer wrote it; this is also the stored form."""

    table_description: TableDescription
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=MOST_COLUMNS)]

    @field_validator("columns")
    @classmethod
    def _names_once(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        seen: set[str] = set()
        for column in columns:
            if column.name in seen:
                raise ValueError(f"column {column.name!r} is there twice")
            seen.add(column.name)
        return columns

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


_PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
_PARQUET_OUTPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
_PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


def storage_descriptor(schema: TableSchema, location: str) -> dict[str, Any]:
    """Glue's `StorageDescriptor` of Parquet files with this schema at an S3 URI."""
    return {
        "Columns": [
            {"Name": column.name, "Type": column.type, "Comment": column.description}
            for column in schema.columns
        ],
        "Location": location,
        "InputFormat": _PARQUET_INPUT,
        "OutputFormat": _PARQUET_OUTPUT,
        "Compressed": True,
        "SerdeInfo": {
            "SerializationLibrary": _PARQUET_SERDE,
            "Parameters": {"serialization.format": "1"},
        },
    }


def to_glue(schema: TableSchema, table: str, location: str) -> dict[str, Any]:
    """Glue's `TableInput`: external Parquet at an S3 URI, partitioned by load timestamp."""
    return {
        "Name": table,
        "Description": schema.table_description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE"},
        "PartitionKeys": [{"Name": names.PARTITION_KEY, "Type": "string"}],
        "StorageDescriptor": storage_descriptor(schema, location),
    }
