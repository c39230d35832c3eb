from __future__ import annotations

import json as standard
from pathlib import Path
from typing import Any, Callable

import fastjsonschema
import pytest
from hypothesis import given

from plinth.affected.formats import json
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer

SCHEMA = Path(__file__).parents[4] / "docs" / "affected.schema.json"
Validate = Callable[[Any], Any]


@pytest.fixture(scope="module")
def validate() -> Validate:
    validator: Validate = fastjsonschema.compile(standard.loads(SCHEMA.read_text()))
    return validator


@given(answer=answers())
def test_every_answer_keeps_to_the_published_schema(validate: Validate, answer: Answer) -> None:
    document = standard.loads(json.render(answer))
    validate(document)
    assert [target["address"] for target in document["targets"]] == [
        target.target for target in answer.targets
    ]
    assert [change["what"] for change in document["changes"]] == [
        change.what for change in answer.changes
    ]


@given(answers())
def test_a_name_of_any_bytes_can_be_written_down_and_comes_back(answer: Answer) -> None:
    written = json.render(answer).encode()
    assert standard.loads(written)["since"] == answer.since


def test_the_schema_is_of_this_version() -> None:
    schema = standard.loads(SCHEMA.read_text())
    assert schema["properties"]["version"] == {"const": json.VERSION}


def test_the_schema_forbids_what_no_answer_has(validate: Validate) -> None:
    document = standard.loads(json.render(base_change(1)))
    del document["targets"][0]["chains"][0]["steps"]
    with pytest.raises(fastjsonschema.JsonSchemaException, match="steps"):
        validate(document)


def test_counts_are_of_what_is_affected_and_of_all() -> None:
    document = standard.loads(json.render(base_change(2)))
    assert document["images"] == {"affected": 3, "all": 4}
    assert document["tests"] == {"affected": 3, "all": 103}
    assert [target["wave"] for target in document["targets"]] == [1, 1, 2, 2, 3, 3]


def test_what_is_unknown_is_not_what_is_empty() -> None:
    assert standard.loads(json.render(EMPTY))["everything"] == []
    unknown = standard.loads(json.render(UNKNOWN))
    assert (unknown["base"], len(unknown["everything"])) == (None, 1)
