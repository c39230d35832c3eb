from __future__ import annotations

import json
from typing import Any

import pytest
from preview_data.handler import handler
from preview_data.text_table import text_table

from ingestion import curated, objects
from ingestion.names import Area
from ingestion.schemas import TableSchema
from ingestion_testing import aws_limits, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import DATA, Context

CONTENT = "day,highest\n2024-01-31,9.5\n2024-02-01,\n"


NEWEST = "20240131T123000Z"


def load(
    content: str = CONTENT,
    schema: TableSchema | None = None,
    load_timestamp: str = NEWEST,
    file_id: str = samples.FILE_ID,
) -> None:
    file = samples.file(Area.RAW, load_timestamp=load_timestamp, file_id=file_id)
    objects.write(DATA, file.key, content.encode(), "text/csv")
    source = objects.info(DATA, file.key)
    assert source
    curated.write(source, schema or samples.schema(), DATA, file)


def preview(query: dict[str, str] | None = None, table: str = "daily") -> tuple[int, Any]:
    return call(handler, "GET", query=query, product="weather", table=table)


def test_the_first_rows_of_the_newest_load_are_shown(s3: Any) -> None:
    samples.register(samples.metadata())
    load()
    load("day,highest\n1999-01-01,0.5\n", load_timestamp="20231231T235959Z")
    assert preview() == (
        200,
        {
            "product": "weather",
            "table": "daily",
            "version": "v1.0",
            "loadTimestamp": "20240131T123000Z",
            "columns": ["day", "highest"],
            "rows": [["2024-01-31", "9.5"], ["2024-02-01", None]],
        },
    )


def test_as_many_rows_as_asked_for(s3: Any) -> None:
    samples.register(samples.metadata(), {"daily": samples.schema(a="int")})
    load("a\n" + "".join(f"{number}\n" for number in range(200)), samples.schema(a="int"))
    assert len(preview()[1]["rows"]) == 10
    assert preview({"rows": "3"})[1]["rows"] == [[0], [1], [2]]
    assert len(preview({"rows": "100"})[1]["rows"]) == 100


def test_as_a_text_table(s3: Any) -> None:
    samples.register(samples.metadata())
    load()
    event = samples.api_request("GET", product="weather", table="daily")
    event["queryStringParameters"] = {"format": "text"}
    answer = handler(event, Context())
    assert answer["headers"]["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["body"] == (
        "day        | highest\n-----------+--------\n2024-01-31 | 9.5\n2024-02-01 | NULL\n"
    )


def test_every_type_has_its_json(s3: Any) -> None:
    kinds = {
        "a": ("tinyint", "1", 1),
        "b": ("double", "1.5", 1.5),
        "c": ("double", "nan", "nan"),
        "d": ("decimal(4,2)", "1.5", "1.50"),
        "e": ("boolean", "true", True),
        "f": ("timestamp", "2024-01-31T12:30Z", "2024-01-31 12:30:00"),
        "g": ("string", "x" * 201, "x" * 200 + "…"),
        "h": ("varchar(5)", "x", "x"),
    }
    schema = samples.schema(**{name: kind for name, (kind, _, _) in kinds.items()})
    samples.register(samples.metadata(), {"daily": schema})
    load(f"{','.join(kinds)}\n{','.join(text for _, text, _ in kinds.values())}\n", schema)
    assert preview()[1]["rows"] == [[value for _, _, value in kinds.values()]]


def test_a_column_that_the_load_lacks_is_null(s3: Any) -> None:
    samples.register(samples.metadata())
    load()
    newer = samples.schema(lowest="int", day="date")
    samples.register(samples.metadata(version="v1.1"), {"daily": newer})
    assert preview({"rows": "1"})[1]["rows"] == [[None, "2024-01-31"]]


def test_a_load_without_rows_is_shown(s3: Any) -> None:
    samples.register(samples.metadata())
    load("day,highest\n")
    assert preview()[1]["rows"] == []


@pytest.mark.parametrize("shown_as", ["json", "text"])
@pytest.mark.parametrize("character", ["é", "\x01", "\U000e0001"])
@pytest.mark.parametrize("columns", [50, 500])
def test_lambda_takes_the_answer_whatever_is_in_it(
    columns: int, character: str, shown_as: str, s3: Any
) -> None:
    schema = samples.schema(**{f"c{index}" + "x" * 200: "string" for index in range(columns)})
    samples.register(samples.metadata(), {"daily": schema})
    line = ",".join([character * 300] * columns)
    load(",".join(schema.column_names) + "\n" + f"{line}\n" * (5000 // columns), schema)
    event = samples.api_request("GET", product="weather", table="daily")
    event["queryStringParameters"] = {"rows": "100", "format": shown_as}
    answer = handler(event, Context())
    assert answer["statusCode"] == 200
    assert len(json.dumps(answer)) <= aws_limits.LARGEST_ANSWER


def test_all_files_of_the_newest_load_are_shown(s3: Any) -> None:
    samples.register(samples.metadata())
    load()
    load("day,highest\n2024-02-02,0.5\n", file_id="fb9ff0a5-4a2e-4d0a-9b64-0a3f8b1f9a11")
    assert [row[0] for row in preview()[1]["rows"]] == ["2024-01-31", "2024-02-01", "2024-02-02"]
    assert len(preview({"rows": "2"})[1]["rows"]) == 2


def test_what_is_not_there_is_not_found(s3: Any) -> None:
    assert refusal(preview())[:2] == (404, "NotFound")
    samples.register(samples.metadata())
    message = "nothing was loaded to table daily of weather v1.0"
    assert refusal(preview()) == (404, "NotFound", message)
    assert refusal(preview(table="hourly"))[:2] == (404, "NotFound")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"rows": "0"}, "rows"), ({"rows": "101"}, "rows"), ({"format": "x"}, "format")],
)
def test_a_wrong_parameter_name_or_method_is_refused(
    query: dict[str, str], field: str, s3: Any
) -> None:
    status, code, message = refusal(preview(query))
    assert (status, code) == (400, "BadRequest")
    assert message.startswith(f"{field}: ")
    assert refusal(preview(table="Daily"))[0] == 400
    assert refusal(call(handler, "POST"))[0] == 405


def test_a_text_table_aligns_numbers_to_the_right_and_stays_in_its_lines() -> None:
    text = text_table(["n", "text", "both"], [[1, "a\nb", 1], [-10, None, "x"]])
    assert text.splitlines() == [
        "  n | text | both",
        "----+------+-----",
        "  1 | a\\nb | 1",
        "-10 | NULL | x",
    ]


def test_a_text_table_without_rows_is_its_header() -> None:
    assert text_table(["a", "b"], []) == "a | b\n--+--\n"


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("preview_data.handler") & {"boto3", "requests"}
