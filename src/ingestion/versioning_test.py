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
from ingestion.versioning import TABLE_DESCRIPTION, Changes, Step
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
def test_what_may_change_makes_a_minor_version(changes: dict[str, Any]) -> None:
    change = versioning.redescription(samples.metadata(), details(**changes))
    assert (change.step, change.tables) == (Step.MINOR, ("daily",))
    for name, value in changes.items():
        assert getattr(change.details, name) == value


def test_the_name_may_not_change() -> None:
    with pytest.raises(BadRequest, match="name: a product's name cannot change"):
        versioning.redescription(samples.metadata(), details(name="climate"))


def test_no_change_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"nothing changes from v1\.0"):
        versioning.redescription(samples.metadata(), details())


def test_an_optional_detail_that_is_left_out_is_taken_away() -> None:
    old = samples.metadata(retention_period=10)
    assert versioning.redescription(old, details()).details.retention_period is None


@pytest.mark.parametrize(
    ("version", "schemas", "step"),
    [
        ("v1.0", (), Step.SAME),
        ("v1.0", ("hourly",), Step.MINOR),
        ("v1.1", (), Step.MINOR),
        ("v2.0", (), Step.MINOR),
    ],
)
def test_only_v1_0_without_tables_takes_its_first_one(
    version: str, schemas: tuple[str, ...], step: Step
) -> None:
    current = samples.metadata(version=version, schemas=schemas)
    change = versioning.new_table(current, "daily", OLD)
    assert (change.step, change.tables) == (step, ("daily", *schemas))


def test_a_major_version_takes_along_what_still_fits() -> None:
    current = samples.metadata(schemas=("daily", "hourly"))
    less, retyped = changed(OLD, A), changed(OLD, A, column("b", "bigint"))
    assert versioning.new_schema(current, "daily", OLD, less).carried == ("daily", "hourly")
    assert versioning.new_schema(current, "daily", OLD, retyped).carried == ("hourly",)
    assert versioning.without_table(current, "daily").carried == ("hourly",)


def test_a_column_that_comes_back_with_another_type_has_changed_its_type() -> None:
    """The files that were carried over still have it."""
    current = samples.metadata(schemas=("daily", "hourly"))
    b, retyped = column("b", "int"), column("b", "string")
    earlier = changed(OLD, A, b)
    back = versioning.new_schema(current, "daily", changed(OLD, A), changed(OLD, A, b), [earlier])
    assert (back.step, back.report.added_columns) == (Step.MINOR, ("b",))
    other = versioning.new_schema(
        current, "daily", changed(OLD, A), changed(OLD, A, retyped), [earlier]
    )
    assert (other.step, other.carried) == (Step.MAJOR, ("hourly",))
    assert (other.report.added_columns, other.report.types_changed) == ((), ("b",))


def test_one_change_is_told_from_another_and_not_from_itself() -> None:
    current = samples.metadata(schemas=("daily", "hourly"))
    later = current.model_copy(update={"last_updated": LATER})
    digests = [
        versioning.without_table(current, "daily").digest,
        versioning.without_table(current, "hourly").digest,
        versioning.new_schema(current, "daily", OLD, changed(OLD, A)).digest,
        versioning.new_schema(current, "daily", OLD, changed(OLD, B)).digest,
        versioning.redescription(current, details(description="new")).digest,
        versioning.registration(details()).digest,
    ]
    assert len(set(digests)) == len(digests)
    assert versioning.without_table(later, "daily").digest == digests[0]
