from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from curated_load.handler import handler as curated_load
from landing_to_raw.handler import handler as landing_to_raw
from read_products.handler import handler

from ingestion import names, objects
from ingestion.names import Area, DataFile
from ingestion.operations import (
    GET_PRODUCT,
    GET_UPLOAD,
    LIST_LOADS,
    LIST_PRODUCTS,
    LIST_TABLES,
    Operation,
)
from ingestion_testing import imports, samples
from ingestion_testing.answers import refusal
from ingestion_testing.fixtures import DATA, LANDING, Context

CONTENT = b"day,highest\n2024-01-31,9.5\n2024-02-01,\n"
TABLE = {"product": "weather", "table": "daily"}


def get(operation: Operation, query: Any = None, **path: str) -> tuple[int, Any]:
    event = {
        **samples.api_request("GET", **path),
        "resource": operation.path,
        "queryStringParameters": query,
    }
    answer = handler(event, Context())
    return answer["statusCode"], json.loads(answer["body"])


def became_of(file: DataFile) -> Any:
    status, body = get(GET_UPLOAD, **TABLE, upload=names.upload_id(file))
    assert status == 200
    assert body.pop("upload") == names.upload_id(file)
    return body


def test_products_are_listed_by_name_in_pages_without_strangers_and_the_deleted(s3: Any) -> None:
    for name in ("b", "a_b", "ab", "a", "deleted"):
        samples.register(samples.metadata(name))
    samples.start_deletion("deleted")
    s3.put_object(Bucket="metadata-bucket", Key="stranger/x", Body=b"")
    assert get(LIST_PRODUCTS)[1]["products"][0] == {
        "name": "a",
        "version": "v1.0",
        "description": "Daily weather of one place",
        "status": "draft",
    }
    seen: list[str] = []
    after = ""
    while True:
        body = get(LIST_PRODUCTS, {"limit": "2", "after": after})[1]
        seen += [product["name"] for product in body["products"]]
        if "next" not in body:
            break
        after = body["next"]
    assert seen == ["a", "a_b", "ab", "b"]


def test_a_product_is_answered_as_it_is_stored(s3: Any) -> None:
    metadata = samples.metadata(version="v1.4")
    samples.register(metadata)
    assert get(GET_PRODUCT, product="weather") == (200, metadata.to_dict())


def test_tables_are_listed_with_what_they_are(s3: Any) -> None:
    samples.register(samples.metadata(schemas=("daily", "hourly")))
    listed = {"description": "One row a day", "columns": 2}
    assert get(LIST_TABLES, product="weather")[1] == {
        "product": "weather",
        "version": "v1.0",
        "tables": [{"name": "daily", **listed}, {"name": "hourly", **listed}],
    }


def test_loads_are_listed_with_their_rows_the_newest_first_in_pages(s3: Any) -> None:
    samples.register(samples.metadata())
    moments = [names.load_timestamp(samples.MOMENT + timedelta(days=day)) for day in range(3)]
    for moment in moments:
        land(samples.file(load_timestamp=moment), CONTENT)
    loads = [{"loadTimestamp": moment, "rows": 2} for moment in reversed(moments)]
    assert get(LIST_LOADS, **TABLE)[1] == {**TABLE, "version": "v1.0", "loads": loads}
    first = get(LIST_LOADS, {"limit": "2"}, **TABLE)[1]
    assert (first["loads"], first["next"]) == (loads[:2], moments[1])
    rest = get(LIST_LOADS, {"after": first["next"]}, **TABLE)[1]
    assert rest["loads"] == loads[2:]
    assert "next" not in rest


def land(file: DataFile, content: bytes) -> None:
    objects.write(LANDING, file.key, content, "text/csv")
    landing_to_raw(samples.object_created(LANDING, file.key), Context())
    raw = file.moved_to(Area.RAW)
    if objects.info(DATA, raw.key):
        curated_load(samples.object_created(DATA, raw.key), Context())


def test_what_became_of_a_file(s3: Any) -> None:
    samples.register(samples.metadata())
    file = samples.file()
    upload = names.upload_id(file)
    assert refusal(get(GET_UPLOAD, **TABLE, upload=upload))[:2] == (404, "NotFound")
    objects.write(LANDING, file.key, CONTENT, "text/csv")
    assert became_of(file) == {"state": "landing"}
    landing_to_raw(samples.object_created(LANDING, file.key), Context())
    assert became_of(file) == {"state": "raw"}
    samples.register(samples.metadata(version="v2.0"), {"daily": samples.schema(day="date")})
    curated_load(samples.object_created(DATA, file.moved_to(Area.RAW).key), Context())
    assert became_of(file) == {"state": "loaded", "rows": 2, "versions": ["v1", "v2"]}
    assert get(LIST_LOADS, **TABLE)[1]["loads"] == [
        {"loadTimestamp": file.load_timestamp, "rows": 2, "carriedFrom": "v1"}
    ]


def test_a_file_that_was_refused_has_its_reasons(s3: Any) -> None:
    samples.register(samples.metadata())
    land(samples.file(), b"day,highest\n2024-01-31,hot\n")
    (problem,) = became_of(samples.file())["problems"]
    assert problem == {"line": 2, "column": "highest", "message": "'hot' is no decimal(4,1)"}
    assert became_of(samples.file())["complete"] is True


def test_a_raw_file_that_does_not_load_has_its_reasons(s3: Any) -> None:
    samples.register(samples.metadata())
    raw = samples.file(Area.RAW)
    objects.write(DATA, raw.key, b"day\nx\n", "text/csv")
    curated_load(samples.object_created(DATA, raw.key), Context())
    assert became_of(samples.file())["state"] == "failed"


@pytest.mark.parametrize(
    ("operation", "path", "status", "says"),
    [
        (GET_PRODUCT, {"product": "Weather"}, 400, "product"),
        (GET_PRODUCT, {"product": "climate"}, 404, "climate"),
        (LIST_TABLES, {"product": "climate"}, 404, "climate"),
        (LIST_LOADS, {"product": "weather", "table": "hourly"}, 404, "hourly"),
        (GET_UPLOAD, {**TABLE, "upload": "1"}, 400, "v1-20240131T235959Z-<uuid>"),
        (GET_UPLOAD, {**TABLE, "upload": "v1-20241331T235959Z-" + samples.FILE_ID}, 400, "moment"),
        (GET_UPLOAD, {**TABLE, "product": "climate", "upload": "x"}, 400, "upload"),
    ],
)
def test_what_is_not_there_or_no_name_is_refused(
    operation: Operation, path: dict[str, str], status: int, says: str, s3: Any
) -> None:
    samples.register(samples.metadata())
    found = refusal(get(operation, **path))
    assert found[0] == status
    assert says in found[2]


def test_a_wrong_parameter_method_or_path_is_refused(s3: Any) -> None:
    assert refusal(get(LIST_PRODUCTS, {"limit": "1001"}))[0] == 400
    event = {**samples.api_request("PUT", product="weather"), "resource": GET_PRODUCT.path}
    assert handler(event, Context())["statusCode"] == 405
    assert handler(samples.api_request("GET") | {"resource": "/x"}, Context())["statusCode"] == 404


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("read_products.handler") & {"pyarrow", "boto3", "requests"}
