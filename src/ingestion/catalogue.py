"""The Glue Data Catalog: databases, tables and partitions, made where they are not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ingestion import aws, names, schemas, settings
from ingestion.names import Area, DataFile, Version
from ingestion.schemas import TableSchema

NOTHING: Mapping[str, str] = {}

_ABSENT = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"
_SCHEMA_VERSION = "schema_version"
_PARTITIONS_A_REQUEST = 25

CARRIED_FROM = "carried_from"
"""A partition's parameter: the major version that its load was taken over from."""

ROWS = "numRows"
"""A partition's parameter, by the name that Hive and Spark read: how many rows the load has."""


def register_load(
    file: DataFile, schema: TableSchema, version: Version, parameters: Mapping[str, str] = NOTHING
) -> None:
    """Makes a curated file's load visible: database and table if need be, then its partition."""
    ensure_database(file.database)
    ensure_table(file.product, file.table, schema, version)
    add_partition(file, schema, parameters)


def ensure_database(database: str) -> None:
    try:
        aws.client("glue").create_database(DatabaseInput={"Name": database})
    except ClientError as error:
        if aws.error_code(error) != _EXISTS:
            raise


def ensure_table(product: str, table: str, schema: TableSchema, version: Version) -> None:
    """Makes the table, or brings it to this schema, but never back to that of an older version."""
    try:
        aws.client("glue").create_table(
            DatabaseName=names.glue_database(product, version.major),
            TableInput=_table_input(product, table, schema, version),
        )
    except ClientError as error:
        if aws.error_code(error) != _EXISTS:
            raise
        update_table(product, table, schema, version)


def update_table(product: str, table: str, schema: TableSchema, version: Version) -> None:
    """Brings the table, if it is there, to this schema, but never back to an older version's."""
    database = names.glue_database(product, version.major)
    found = get_table(database, table)
    if found and Version.parse(found["Parameters"][_SCHEMA_VERSION]) < version:
        _if_there(
            "update_table",
            DatabaseName=database,
            TableInput=_table_input(product, table, schema, version),
        )


def _table_input(product: str, table: str, schema: TableSchema, version: Version) -> dict[str, Any]:
    location = names.table_prefix(Area.CURATED, product, version.major, table)
    table_input = schemas.to_glue(schema, table, names.s3_uri(settings.data_bucket(), location))
    table_input["Parameters"][_SCHEMA_VERSION] = str(version)
    return table_input


def get_table(database: str, table: str) -> dict[str, Any] | None:
    """Glue's description of the table; None when there is none."""
    try:
        found = aws.client("glue").get_table(DatabaseName=database, Name=table)
    except ClientError as error:
        if aws.error_code(error) == _ABSENT:
            return None
        raise
    return dict(found["Table"])


def add_partition(
    file: DataFile, schema: TableSchema, parameters: Mapping[str, str] = NOTHING
) -> None:
    """Registers the load that a curated file is of, or brings its parameters up to date."""
    location = names.s3_uri(settings.data_bucket(), file.moved_to(Area.CURATED).prefix)
    place = {"DatabaseName": file.database, "TableName": file.table}
    described: dict[str, Any] = {
        "Values": [file.load_timestamp],
        "StorageDescriptor": schemas.storage_descriptor(schema, location),
        "Parameters": dict(parameters),
    }
    try:
        aws.client("glue").create_partition(**place, PartitionInput=described)
    except ClientError as error:
        if aws.error_code(error) != _EXISTS:
            raise
        before = partition(file)
        if before is not None and before != {**before, **parameters}:
            described["Parameters"] = {**before, **parameters}
            _if_there(
                "update_partition",
                **place,
                PartitionValueList=[file.load_timestamp],
                PartitionInput=described,
            )


def partition(file: DataFile) -> dict[str, str] | None:
    """The parameters of the file's load; None when it is not registered."""
    try:
        found = aws.client("glue").get_partition(
            DatabaseName=file.database,
            TableName=file.table,
            PartitionValues=[file.load_timestamp],
        )
    except ClientError as error:
        if aws.error_code(error) == _ABSENT:
            return None
        raise
    return dict(found["Partition"].get("Parameters", {}))


def has_partition(file: DataFile) -> bool:
    """Whether the file's load is registered."""
    return partition(file) is not None


def partitions(database: str, table: str) -> frozenset[str]:
    """The load timestamps that are registered for a table; none when there is no such table."""
    return frozenset(loads(database, table))


def loads(database: str, table: str) -> dict[str, dict[str, str]]:
    """The loads that are registered for a table, each with its parameters, by load timestamp.

    None when there is no such table.
    """
    pages = _pages("get_partitions", DatabaseName=database, TableName=table)
    return {
        part["Values"][0]: dict(part.get("Parameters", {}))
        for page in pages
        for part in page["Partitions"]
    }


def drop_partitions(database: str, table: str, load_timestamps: Iterable[str]) -> None:
    """Unregisters loads, as far as they are registered; their data stays."""
    left = sorted(load_timestamps)
    while left:
        some, left = left[:_PARTITIONS_A_REQUEST], left[_PARTITIONS_A_REQUEST:]
        _if_there(
            "batch_delete_partition",
            DatabaseName=database,
            TableName=table,
            PartitionsToDelete=[{"Values": [load_timestamp]} for load_timestamp in some],
        )


def tables(database: str) -> tuple[str, ...]:
    """The names of a database's tables; none when there is no such database."""
    pages = _pages("get_tables", DatabaseName=database)
    return tuple(sorted(table["Name"] for page in pages for table in page["TableList"]))


def drop_table(database: str, table: str) -> None:
    """Drops the table and its partitions, if it is there; the data stays."""
    _if_there("delete_table", DatabaseName=database, Name=table)


def databases(product: str) -> tuple[str, ...]:
    """The databases of a product's major versions."""
    found = (
        database["Name"] for page in _pages("get_databases") for database in page["DatabaseList"]
    )
    return tuple(sorted(name for name in found if names.is_glue_database(name, product)))


def has_database(database: str) -> bool:
    """Whether the database is there."""
    try:
        aws.client("glue").get_database(Name=database)
    except ClientError as error:
        if aws.error_code(error) == _ABSENT:
            return False
        raise
    return True


def drop_database(database: str) -> None:
    """Drops the database, its tables and their partitions, if it is there; the data stays."""
    _if_there("delete_database", Name=database)


def _pages(operation: str, **parameters: str) -> Iterator[dict[str, Any]]:
    try:
        yield from aws.client("glue").get_paginator(operation).paginate(**parameters)
    except ClientError as error:
        if aws.error_code(error) != _ABSENT:
            raise


def _if_there(operation: str, **parameters: Any) -> None:
    try:
        getattr(aws.client("glue"), operation)(**parameters)
    except ClientError as error:
        if aws.error_code(error) != _ABSENT:
            raise
