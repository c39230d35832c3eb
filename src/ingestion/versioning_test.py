from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import versioning
from ingestion.errors import BadRequest
from ingestion.schemas import Column, ProductDetails, TableSchema
from ingestion.schemas_test import columns, table_schemas
from ingestion.versioning import TABLE_DESCRIPTION, Changes
from ingestion_testing import samples

LATER = samples.MOMENT + timedelta(days=1)


def changed(schema: TableSchema, *columns: Column, description: str | None = None) -> TableSchema:
    text = schema.table_description if description is None else description
    return TableSchema(table_description=text, columns=columns)


def column(name: str, kind: str = "int", description: str = "") -> Column:
    return Column(name=name, type=kind, description=description)


A, B, C = column("a"), column("b"), column("c")
OLD = TableSchema(table_description="old", columns=(A, B))


@pytest.mark.parametrize(
    ("new", "changes", "kind"),
    [
        (changed(OLD, A, B), Changes(), "none"),
        (changed(OLD, B, A), Changes(), "none"),
        (changed(OLD, A, B, C), Changes(added_columns=("c",)), "minor"),
        (changed(OLD, C, B, A), Changes(added_columns=("c",)), "minor"),
        (
            changed(OLD, A, column("b", description="new")),
            Changes(descriptions_changed=("b",)),
            "minor",
        ),
        (
            changed(OLD, A, B, description="new"),
            Changes(descriptions_changed=(TABLE_DESCRIPTION,)),
            "minor",
        ),
        (changed(OLD, A), Changes(removed_columns=("b",)), "major"),
        (changed(OLD, A, column("b", "bigint")), Changes(types_changed=("b",)), "major"),
        (changed(OLD, A, C), Changes(removed_columns=("b",), added_columns=("c",)), "major"),
    ],
)
def test_what_kind_of_change_it_is(new: TableSchema, changes: Changes, kind: str) -> None:
    found = versioning.compare(OLD, new)
    assert found == changes
    assert (found.is_none, found.is_major) == (kind == "none", kind == "major")


@given(table_schemas, st.randoms())
def test_order_does_not_count(schema: TableSchema, random: Any) -> None:
    shuffled = list(schema.columns)
    random.shuffle(shuffled)
    assert versioning.compare(schema, changed(schema, *shuffled)).is_none


@given(table_schemas, table_schemas)
def test_the_way_back_is_the_opposite(one: TableSchema, other: TableSchema) -> None:
    there, back = versioning.compare(one, other), versioning.compare(other, one)
    assert there.removed_columns == back.added_columns
    assert there.added_columns == back.removed_columns
    assert there.types_changed == back.types_changed
    assert there.descriptions_changed == back.descriptions_changed
    assert there.is_none == back.is_none


@given(table_schemas, table_schemas)
def test_every_change_is_reported_once(one: TableSchema, other: TableSchema) -> None:
    changes = versioning.compare(one, other)
    before, after = set(one.column_names), set(other.column_names)
    assert set(changes.removed_columns) == before - after
    assert set(changes.added_columns) == after - before
    assert changes.is_none == (
        set(one.columns) == set(other.columns) and one.table_description == other.table_description
    )


@given(table_schemas, columns)
def test_adding_a_column_is_minor_and_taking_it_away_is_major(
    schema: TableSchema, added: Column
) -> None:
    kept = tuple(column for column in schema.columns if column.name != added.name)
    if not kept:
        return
    less, more = changed(schema, *kept), changed(schema, *kept, added)
    assert versioning.compare(less, more) == Changes(added_columns=(added.name,))
    assert not versioning.compare(less, more).is_major
    assert versioning.compare(more, less).is_major


def details(**changes: Any) -> ProductDetails:
    given_details = samples.metadata().model_dump(include=set(ProductDetails.model_fields))
    return ProductDetails(**{**given_details, **changes})


def test_a_new_product_is_v1_0(environment: None) -> None:
    metadata = versioning.registered(details(), samples.MOMENT)
    assert metadata.version == "v1.0"
    assert metadata.id == "dp:weather:v1.0"
    assert metadata.s3_location == "s3://data-bucket/curated/weather/v1/"
    assert metadata.creation_date == metadata.last_updated == samples.MOMENT
    assert metadata.schemas == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "new"},
        {"email": "new@example.org"},
        {"data_product_owner": "new@example.org"},
        {"data_product_owner_display_name": "New"},
        {"data_product_maintainer": "new@example.org"},
        {"data_product_maintainer_display_name": "New"},
        {"domain": "new"},
        {"status": "published"},
        {"dpia_required": True},
        {"dpia_location": "new"},
        {"retention_period": 10},
        {"tags": {"new": "tag"}},
    ],
)
def test_what_may_change_makes_a_minor_version(changes: dict[str, Any], environment: None) -> None:
    old = samples.metadata()
    new = versioning.redescribed(old, details(**changes), LATER)
    assert (new.version, new.id) == ("v1.1", "dp:weather:v1.1")
    assert (new.creation_date, new.last_updated) == (old.creation_date, LATER)
    assert new.schemas == old.schemas
    for name, value in changes.items():
        assert getattr(new, name) == value


def test_the_name_may_not_change(environment: None) -> None:
    with pytest.raises(BadRequest, match="name: a product's name cannot change"):
        versioning.redescribed(samples.metadata(), details(name="climate"), LATER)


def test_no_change_is_refused(environment: None) -> None:
    with pytest.raises(BadRequest, match=r"nothing changes from v1\.0"):
        versioning.redescribed(samples.metadata(), details(), LATER)


def test_an_optional_detail_that_is_left_out_is_taken_away(environment: None) -> None:
    old = samples.metadata(retention_period=10)
    assert versioning.redescribed(old, details(), LATER).retention_period is None


@pytest.mark.parametrize(
    ("version", "schemas", "takes"),
    [("v1.0", (), True), ("v1.0", ("daily",), False), ("v1.1", (), False), ("v2.0", (), False)],
)
def test_only_v1_0_without_tables_takes_its_first_one(
    version: str, schemas: tuple[str, ...], takes: bool
) -> None:
    metadata = samples.metadata(version=version, schemas=schemas)
    assert versioning.takes_first_table(metadata) is takes


def test_tables_are_listed_in_order(environment: None) -> None:
    minor = versioning.next_minor(samples.metadata(), ["daily", "a"], LATER)
    major = versioning.next_major(samples.metadata(version="v1.10"), ["daily", "a"], LATER)
    assert (minor.version, minor.schemas) == ("v1.1", ("a", "daily"))
    assert (major.version, major.schemas) == ("v2.0", ("a", "daily"))
    assert major.s3_location.endswith("curated/weather/v2/")
