"""Delivery reads records as docs/release.schema.json has them, by which they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.core.record import Image, Record

SCHEMA: dict[str, Any] = json.loads(Path("docs/release.schema.json").read_text())
# What says whether a value is accepted.
_RULES = ("const", "pattern", "type", "additionalProperties", "items")


@pytest.mark.parametrize(
    ("model", "schema"),
    [(Record, SCHEMA), (Image, SCHEMA["properties"]["images"]["items"])],
    ids=["record", "image"],
)
def test_what_is_read_is_what_is_written(model: Any, schema: dict[str, Any]) -> None:
    read = model.model_json_schema()["properties"]
    assert read.keys() <= set(schema["required"])
    for name, rules in read.items():
        written = schema["properties"][name]
        for rule in set(_RULES) & rules.keys() & written.keys():
            if "properties" in written.get("items", {}) and rule == "items":
                continue  # Images, which the other case compares.
            assert _same(rules[rule], written[rule]), (name, rule)
        # A rule of the schema that is not kept would let through what the goal never writes.
        assert {"const", "pattern"} & written.keys() <= rules.keys(), name


def _same(read: Any, written: Any) -> bool:
    """Whether reading wants no more than the schema promises."""
    if isinstance(read, dict):
        return all(read[each] == written.get(each) for each in set(_RULES) & read.keys())
    return bool(read == written)
