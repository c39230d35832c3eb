"""Holds documents to the JSON Schemas in docs/, as far as those use the language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[4] / "docs"
_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_KNOWN = {
    *("$schema", "additionalProperties", "const", "description", "items", "minItems", "pattern"),
    *("properties", "required", "title", "type"),
}


def problems(document: str, schema: str) -> list[str]:
    """What of the JSON text is not as the schema in docs/ wants it."""
    return list(_problems(json.loads(document), json.loads((DOCS / schema).read_text()), "$"))


def _problems(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    unknown = set(schema) - _KNOWN
    assert not unknown, f"{where}: the schema uses {unknown}, which this does not check"
    types = schema.get("type", [])
    allowed = tuple(_TYPES[name] for name in ([types] if isinstance(types, str) else types))
    if allowed and not isinstance(value, allowed):
        yield f"{where}: {value!r} is no {types}"
        return
    if value != schema.get("const", value):
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} is not like {schema['pattern']}"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{where}: too few items"
        for number, item in enumerate(value):
            yield from _problems(item, schema.get("items", {}), f"{where}[{number}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in sorted({*schema.get("required", ())} - {*value}):
            yield f"{where}: {name} is missing"
        for name in sorted({*value} - {*properties}):
            yield f"{where}: {name} is not known"
        for name in sorted({*value} & {*properties}):
            yield from _problems(value[name], properties[name], f"{where}.{name}")
