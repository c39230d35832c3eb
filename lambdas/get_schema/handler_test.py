from __future__ import annotations

import json
from typing import Any

from get_schema.handler import handler

from ingestion.schemas import TableSchema
from ingestion_testing import imports, samples
from ingestion_testing.answers import call, refusal


def get(table: str = "daily", product: str = "weather") -> tuple[int, Any]:
    return call(handler, "GET", product=product, table=table)


def test_the_schema_is_as_its_producer_wrote_it(s3: Any) -> None:
    written = {
        "tableDescription": "Ein Tag, eine Zeile: „täglich“ 日",
        "columns": [
            {"name": "z", "type": "decimal(38,0)", "description": ""},
            {"name": "a", "type": "varchar(10)", "description": "first in name, last in order"},
        ],
    }
    schema = TableSchema.model_validate_json(json.dumps(written))
    samples.register(samples.metadata(), {"daily": schema})
    assert get() == (200, written)


def test_it_is_the_newest_versions(s3: Any) -> None:
    samples.register(samples.metadata(version="v1.9"), {"daily": samples.schema(a="int")})
    samples.register(samples.metadata(version="v1.10"), {"daily": samples.schema(b="int")})
    assert get()[1]["columns"][0]["name"] == "b"


def test_what_is_not_there_is_not_found(s3: Any) -> None:
    assert refusal(get())[:2] == (404, "NotFound")
    samples.register(samples.metadata())
    message = "table hourly has no schema in weather v1.0"
    assert refusal(get("hourly")) == (404, "NotFound", message)


def test_a_wrong_name_or_method_is_refused(s3: Any) -> None:
    assert refusal(get("Daily"))[0] == 400
    assert refusal(call(handler, "DELETE"))[0] == 405


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("get_schema.handler") & {"pyarrow", "boto3", "requests"}
