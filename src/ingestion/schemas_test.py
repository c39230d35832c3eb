from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ingestion import schemas
from ingestion.column_types_test import type_names
from ingestion.schemas import Column, ProductDetails, ProductMetadata, TableSchema
from ingestion_testing import aws_limits, samples

# Not of Glue's: control characters, and two that are none.
descriptions = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"),
    max_size=20,
)
# By functions of one name for each argument: of the models, hypothesis would fill the aliases too.
columns = st.builds(
    lambda name, type, description: Column(name=name, type=type, description=description),
    name=st.from_regex(r"[a-z0-9_]{1,20}", fullmatch=True),
    type=type_names,
    description=descriptions,
)
table_schemas = st.builds(
    lambda table_description, columns: TableSchema(
        table_description=table_description, columns=columns
    ),
    table_description=st.one_of(descriptions, st.just("two\r\nlines\tand more")),
    columns=st.lists(columns, min_size=1, max_size=8, unique_by=lambda c: c.name).map(tuple),
)


@given(table_schemas)
def test_glue_takes_every_schema(schema: TableSchema) -> None:
    table = schemas.to_glue(schema, "t", "s3://bucket/curated/p/v1/t/")
    request = {"DatabaseName": "p_v1", "TableInput": table}
    assert aws_limits.refusals("glue", "CreateTable", request) == ()


@pytest.mark.parametrize(
    ("column", "table", "why"),
    [
        ("x" * 256, "", "columns.0.description"),
        ("two\nlines", "", "columns.0.description"),
        ("a\x00b", "", "columns.0.description"),
        ("\uffff", "", "columns.0.description"),
        ("", "x" * 2049, "tableDescription"),
        ("", "a\x0bb", "tableDescription"),
    ],
)
def test_a_description_that_glue_refuses_is_refused(column: str, table: str, why: str) -> None:
    columns = [{"name": "a", "type": "int", "description": column}]
    document = json.dumps({"tableDescription": table, "columns": columns})
    with pytest.raises(ValidationError, match=why):
        TableSchema.model_validate_json(document)
    described = {"Name": "t", "Description": table}
    glue = {**described, "StorageDescriptor": {"Columns": [{"Name": "a", "Comment": column}]}}
    request = {"DatabaseName": "p_v1", "TableInput": glue}
    assert len(aws_limits.refusals("glue", "CreateTable", request)) == 1


@given(table_schemas)
def test_a_schema_is_stored_as_its_user_wrote_it(schema: TableSchema) -> None:
    user_form = {
        "tableDescription": schema.table_description,
        "columns": [
            {"name": column.name, "type": column.type, "description": column.description}
            for column in schema.columns
        ],
    }
    assert json.loads(schema.to_json()) == user_form == schema.to_dict()


def test_a_glue_table_is_external_parquet_partitioned_by_load() -> None:
    table = schemas.to_glue(samples.schema(), "daily", "s3://bucket/curated/p/v1/daily/")
    assert table["Name"] == "daily"
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["PartitionKeys"] == [{"Name": "load_timestamp", "Type": "string"}]
    assert table["StorageDescriptor"]["Location"] == "s3://bucket/curated/p/v1/daily/"
    assert table["StorageDescriptor"]["Columns"][1] == {
        "Name": "highest",
        "Type": "decimal(4,1)",
        "Comment": "the highest",
    }
    assert "parquet" in table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]


def test_a_table_has_at_most_5000_columns() -> None:
    columns = [{"name": f"c{n}", "type": "int", "description": ""} for n in range(5001)]
    document = {"tableDescription": "", "columns": columns}
    with pytest.raises(ValidationError, match="at most 5000"):
        TableSchema.model_validate_json(json.dumps(document))
    document["columns"] = columns[1:]
    TableSchema.model_validate_json(json.dumps(document))


DETAILS: dict[str, Any] = {
    "name": "weather",
    "description": "Daily weather",
    "domain": "climate",
    "dataProductOwner": "owner@example.org",
    "dataProductOwnerDisplayName": "The Owner",
    "email": "team@example.org",
    "status": "draft",
    "dpiaRequired": False,
}


def test_optional_details_may_be_there() -> None:
    optional = {
        "dataProductMaintainer": "m@example.org",
        "dataProductMaintainerDisplayName": "The Maintainer",
        "dpiaLocation": "shelf 3",
        "retentionPeriod": 3650,
        "tags": {"sandbox": "yes"},
    }
    given_details = {**DETAILS, **optional}
    assert ProductDetails.model_validate_json(json.dumps(given_details)).to_dict() == given_details


@pytest.mark.parametrize("name", DETAILS)
def test_each_required_detail_is_required(name: str) -> None:
    without = {key: value for key, value in DETAILS.items() if key != name}
    with pytest.raises(ValidationError, match=name):
        ProductDetails.model_validate_json(json.dumps(without))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Weather"),
        ("description", ""),
        ("email", "nobody"),
        ("status", "ready"),
        ("dpiaRequired", "false"),
        ("retentionPeriod", -1),
        ("retentionPeriod", "10"),
        ("tags", {"a": 1}),
        ("version", "v9.0"),
        ("anything", "else"),
    ],
)
def test_wrong_and_unknown_details_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        ProductDetails.model_validate_json(json.dumps({**DETAILS, name: value}))


def test_stored_metadata_reads_back() -> None:
    stored = samples.metadata(retention_period=3650, tags={"a": "b"})
    assert ProductMetadata.model_validate_json(stored.to_json()) == stored
    assert stored.to_dict()["id"] == "dp:weather:v1.0"
    assert {"creationDate", "lastUpdated", "s3Location", "schemas"} <= set(stored.to_dict())


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ([], "at least 1"),
        ([{"name": "a", "type": "int"}], "description"),
        ([{"name": "A", "type": "int", "description": ""}], "column name"),
        ([{"name": "a", "type": "number", "description": ""}], "no column type"),
        ([{"name": "load_timestamp", "type": "string", "description": ""}], "partition key"),
        ([{"name": "a", "type": "int", "description": ""}] * 2, "'a' is there twice"),
        ([{"name": "a", "type": "int", "description": "", "unit": "m"}], "unit"),
    ],
)
def test_wrong_columns_are_refused(columns: list[dict[str, str]], why: str) -> None:
    document = json.dumps({"tableDescription": "", "columns": columns})
    with pytest.raises(ValidationError, match=why):
        TableSchema.model_validate_json(document)
