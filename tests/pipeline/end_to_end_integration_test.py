"""The whole pipeline, in the containers that Pants has built, over HTTP, against moto.

Each test has products of its own. What they need at first is made as users make it, by requests.
"""

from __future__ import annotations

import csv
import io
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import large_csv
from openapi_spec_validator import validate

from containers import pipeline as buckets
from containers.errors import HarnessError
from ingestion import catalogue, loads, objects, operations
from ingestion.names import Area, DataFile
from ingestion_testing import samples
from pipeline.deliveries import Delivery
from pipeline.deployment import CATALOGUE_TOKEN, TOKEN, Pipeline, deployed

DATA, LANDING = buckets.SETTINGS["DATA_BUCKET"], buckets.SETTINGS["LANDING_BUCKET"]
METADATA = buckets.SETTINGS["METADATA_BUCKET"]
REAL = ("airports", "seattle_weather", "us_employment")
DAILY = {"day": "date", "highest": "decimal(4,1)"}
HOURLY = {"hour": "timestamp", "sunny": "boolean"}
DAILY_CSV = b"day,highest\n2024-01-31,9.5\n2024-02-01,-1.0\n"
HOURLY_CSV = b"hour,sunny\n2024-01-31T12:00:00Z,true\n"


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with deployed(Path()) as pipeline:
        yield pipeline


@pytest.fixture(autouse=True)
def log(pipeline: Pipeline) -> Iterator[None]:
    """What the containers wrote, for pytest to show when a test fails."""
    yield
    print(pipeline.functions.logs())


def done(pipeline: Pipeline, method: str, path: str, body: Any = None) -> Any:
    """The JSON that a request is answered with; it must succeed."""
    answer = pipeline.ask(method, path, body)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


def schema(**types: str) -> dict[str, Any]:
    return samples.schema(**types).to_dict()


def register(pipeline: Pipeline, product: str, **tables: dict[str, Any]) -> None:
    """A product with these tables, each by its schema."""
    done(pipeline, "POST", "/data-product/register", {**samples.details(), "name": product})
    for table, document in tables.items():
        done(pipeline, "POST", f"/data-product/{product}/table/{table}/schema", document)


def weather(pipeline: Pipeline, product: str) -> None:
    """A product of two tables with a load each, and nothing left to deliver."""
    register(pipeline, product, daily=schema(**DAILY), hourly=schema(**HOURLY))
    pipeline.upload(product, "daily", DAILY_CSV)
    pipeline.upload(product, "hourly", HOURLY_CSV)
    pipeline.settle()


def preview(pipeline: Pipeline, product: str, table: str) -> Any:
    return done(pipeline, "GET", f"/data-product/{product}/table/{table}/preview")


def curated(product: str) -> dict[DataFile, list[dict[str, Any]]]:
    """Every curated file of a product, and its rows."""
    return {file: stored(file).to_pylist() for file in loads.files(Area.CURATED, product)}


def stored(file: DataFile) -> pa.Table:
    found = objects.read(DATA, file.key)
    assert found
    return pq.read_table(io.BytesIO(found[0]))


def partitions(product: str, major: int = 1) -> dict[str, int]:
    """How many partitions Glue knows of each table."""
    database = f"{product}_v{major}"
    return {
        table: len(catalogue.partitions(database, table)) for table in catalogue.tables(database)
    }


def test_every_lambda_does_its_part_in_a_product_s_life(pipeline: Pipeline) -> None:
    product, table = "/data-product/life", "/data-product/life/table/daily"
    weather(pipeline, "life")
    assert [row[1] for row in preview(pipeline, "life", "daily")["rows"]] == ["9.5", "-1.0"]

    renamed = {**samples.details(), "name": "life", "description": "Told better"}
    assert done(pipeline, "PUT", product, renamed)["version"] == "v1.2"

    wider = schema(**DAILY, lowest="decimal(4,1)")
    assert done(pipeline, "PUT", f"{table}/schema", wider)["version"] == "v1.3"
    assert done(pipeline, "GET", f"{table}/schema") == wider
    retyped = schema(**DAILY, lowest="double")
    assert done(pipeline, "PUT", f"{table}/schema", retyped)["version"] == "v2.0"

    assert done(pipeline, "DELETE", f"{product}/table/hourly")["version"] == "v3.0"
    assert pipeline.functions.invoke("reload_product", {"product": "life"}).payload["complete"]
    assert pipeline.functions.invoke("resync_unloaded", {"product": "life"}).payload["complete"]
    pipeline.settle()

    assert done(pipeline, "DELETE", product)["complete"]
    assert pipeline.ask("GET", f"{table}/schema").status_code == 404
    assert pipeline.ask("GET", "/docs?format=json", token=None).ok
    assert pipeline.functions.running.keys() == pipeline.functions.names


def test_there_is_an_image_of_every_lambda(pipeline: Pipeline) -> None:
    """So the test before has left none out."""
    assert pipeline.functions.names == {
        path.parent.name for path in Path("lambdas").glob("*/BUILD")
    }
    assert {operation.name for operation in operations.ALL} < pipeline.functions.names


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_arrives_as_it_was_sent(pipeline: Pipeline, name: str) -> None:
    content = Path(f"tests/data/{name}.csv").read_bytes()
    document = json.loads(Path(f"tests/data/{name}.schema.json").read_text())
    register(pipeline, f"real_{name}", facts=document)
    landed = DataFile.parse(pipeline.upload(f"real_{name}", "facts", content))
    answers = pipeline.settle()

    (arrived,) = curated(f"real_{name}").items()
    assert arrived[0] == landed.moved_to(Area.CURATED)
    sent = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(arrived[1]) == len(sent)
    assert [str(row[document["columns"][0]["name"]]) for row in arrived[1]] == [
        row[document["columns"][0]["name"]] for row in sent
    ]
    assert ("landing_to_raw", {"outcome": "raw", "key": landed.moved_to(Area.RAW).key}) in answers
    assert objects.info(LANDING, landed.key) is None
    assert partitions(f"real_{name}") == {"facts": 1}
    shown = preview(pipeline, f"real_{name}", "facts")
    assert shown["columns"] == [column["name"] for column in document["columns"]]
    assert len(shown["rows"]) == 10


def test_a_broken_file_fails_with_its_reason_and_loads_nothing(pipeline: Pipeline) -> None:
    register(pipeline, "broken", daily=schema(**DAILY))
    landed = DataFile.parse(pipeline.upload("broken", "daily", b"day,highest\n2024-02-30,9.5\n"))
    assert landed.moved_to(Area.FAIL).key in str(pipeline.settle())
    reason = objects.read(DATA, landed.reason_key)
    assert reason
    assert json.loads(reason[0])["problems"] == [
        {"line": 2, "column": "day", "message": "'2024-02-30' is no date"}
    ]
    assert curated("broken") == {}
    assert pipeline.ask("GET", "/data-product/broken/table/daily/preview").status_code == 404


@pytest.mark.parametrize("seed", range(3))
def test_events_may_come_twice_and_in_any_order(pipeline: Pipeline, seed: int) -> None:
    product = f"shuffled_{seed}"
    chance = random.Random(seed)
    register(pipeline, product, daily=schema(**DAILY))
    pipeline.settle()
    sent = [f"day,highest\n2024-01-{day:02},{day}.5\n".encode() for day in range(1, 5)]
    landed = [DataFile.parse(pipeline.upload(product, "daily", content)) for content in sent]
    # The raw ones too, although nothing is there yet.
    created = [samples.object_created(LANDING, file.key) for file in landed]
    created += [samples.object_created(DATA, file.moved_to(Area.RAW).key) for file in landed]
    _deliver_shuffled(pipeline, created * 2, chance)
    # Now that every file has been raw, the events of that.
    _deliver_shuffled(pipeline, created * 2, chance)

    assert sorted(row["highest"] for found in curated(product).values() for row in found) == [
        Decimal(f"{day}.5") for day in range(1, 5)
    ]
    assert set(curated(product)) == {file.moved_to(Area.CURATED) for file in landed}
    assert partitions(product) == {"daily": len({file.load_timestamp for file in landed})}
    assert not any(objects.info(LANDING, file.key) for file in landed)
    assert not list(objects.keys(DATA, f"fail/{product}/"))


def _deliver_shuffled(pipeline: Pipeline, events: list[Any], chance: random.Random) -> None:
    for event in chance.sample(events, len(events)):
        landing = event["detail"]["bucket"]["name"] == LANDING
        pipeline.deliver(Delivery("landing_to_raw" if landing else "curated_load", event))


def test_an_event_may_have_its_key_encoded(pipeline: Pipeline) -> None:
    register(pipeline, "encoded", daily=schema(**DAILY))
    landed = DataFile.parse(pipeline.upload("encoded", "daily", DAILY_CSV))
    event = samples.object_created(LANDING, quote_plus(landed.key))
    raw = {"outcome": "raw", "key": landed.moved_to(Area.RAW).key}
    assert pipeline.deliver(Delivery("landing_to_raw", event)) == raw


def test_a_load_that_is_killed_leaves_nothing_and_the_next_event_loads(pipeline: Pipeline) -> None:
    register(pipeline, "killed", large=large_csv.SCHEMA.to_dict())
    pipeline.settle()
    raw = DataFile.new("killed", 1, "large", samples.MOMENT).moved_to(Area.RAW)
    content = io.BytesIO()
    rows = large_csv.write(content, 60_000_000)
    pipeline.s3.put_object(Bucket=DATA, Key=raw.key, Body=content.getvalue())
    (created,) = pipeline.deliveries.due()
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(pipeline.deliver, created)
        wait_for(lambda: pipeline.s3.list_multipart_uploads(Bucket=DATA).get("Uploads"))
        pipeline.functions.kill("curated_load")
        assert isinstance(killed.exception(), HarnessError)
    assert curated("killed") == {}
    assert partitions("killed") == {}

    assert pipeline.deliver(created)["outcome"] == "loaded"
    assert stored(raw.moved_to(Area.CURATED)).num_rows == rows
    assert partitions("killed") == {"large": 1}


def wait_for(condition: Callable[[], Any]) -> None:
    """Until it holds, at most half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_minor_update_adds_a_column_that_older_loads_lack(pipeline: Pipeline) -> None:
    weather(pipeline, "minor")
    path = "/data-product/minor/table/daily/schema"
    updated = done(pipeline, "PUT", path, schema(**DAILY, lowest="int"))
    assert (updated["version"], updated["changes"]["added_columns"]) == ("v1.2", ["lowest"])
    assert preview(pipeline, "minor", "daily")["rows"][0] == ["2024-01-31", "9.5", None]
    table = catalogue.get_table("minor_v1", "daily")
    assert table
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]][-1] == "lowest"
    assert pipeline.ask("PUT", path, schema(**DAILY, lowest="int")).status_code == 400


def test_a_major_update_carries_over_what_still_fits(pipeline: Pipeline) -> None:
    weather(pipeline, "major")
    before = curated("major")
    path = "/data-product/major/table"
    removed = done(pipeline, "PUT", f"{path}/daily/schema", schema(day="date"))
    assert (removed["version"], removed["changes"]["removed_columns"]) == ("v2.0", ["highest"])
    assert partitions("major", 2) == {"daily": 1, "hourly": 1}
    assert preview(pipeline, "major", "daily")["rows"] == [["2024-01-31"], ["2024-02-01"]]

    retyped = done(pipeline, "PUT", f"{path}/daily/schema", schema(day="string"))
    assert (retyped["version"], retyped["changes"]["types_changed"]) == ("v3.0", ["day"])
    assert partitions("major", 3) == {"hourly": 1}
    assert pipeline.ask("GET", f"{path}/daily/preview").status_code == 404
    assert preview(pipeline, "major", "hourly")["version"] == "v3.0"

    pipeline.upload("major", "daily", b"day\nsomeday\n")
    pipeline.settle()
    assert preview(pipeline, "major", "daily")["rows"] == [["someday"]]
    # Whoever queries the first major version sees what was there.
    assert before.items() <= curated("major").items()
    assert partitions("major", 1) == {"daily": 1, "hourly": 1}


def test_a_deleted_table_is_gone_from_the_next_major_version(pipeline: Pipeline) -> None:
    weather(pipeline, "fewer")
    path = "/data-product/fewer/table"
    assert done(pipeline, "DELETE", f"{path}/daily")["version"] == "v2.0"
    assert pipeline.ask("GET", f"{path}/daily/schema").status_code == 404
    assert pipeline.ask("DELETE", f"{path}/daily").status_code == 404
    assert partitions("fewer", 2) == {"hourly": 1}
    assert partitions("fewer", 1) == {"daily": 1, "hourly": 1}
    assert preview(pipeline, "fewer", "hourly")["rows"] == [["2024-01-31 12:00:00", True]]


def test_a_reload_makes_everything_again_from_raw(pipeline: Pipeline) -> None:
    weather(pipeline, "again")
    before = curated("again")
    for file in before:
        found = objects.info(DATA, file.key)
        assert found
        # Damaged, but saying that it was made of the raw file that there is.
        pipeline.s3.put_object(
            Bucket=DATA, Key=file.key, Body=b"PAR1", Metadata=dict(found.metadata)
        )
    answer = pipeline.functions.invoke("reload_product", {"product": "again"}).payload
    assert (answer["queued"], answer["complete"]) == (2, True)
    assert [told["outcome"] for _, told in pipeline.settle()] == ["loaded", "loaded"]
    assert curated("again") == before


def test_a_resync_loads_what_was_lost_and_nothing_else(pipeline: Pipeline) -> None:
    weather(pipeline, "lost")
    before = curated("lost")
    (daily,) = (file for file in before if file.table == "daily")
    (hourly,) = (file for file in before if file.table == "hourly")
    objects.delete(DATA, daily.key)
    catalogue.drop_partitions("lost_v1", "hourly", [hourly.load_timestamp])
    assert resync(pipeline, "lost")["queued"] == 2
    pipeline.settle()
    assert curated("lost") == before
    assert partitions("lost") == {"daily": 1, "hourly": 1}
    assert resync(pipeline, "lost")["queued"] == 0


def resync(pipeline: Pipeline, product: str) -> Any:
    return pipeline.functions.invoke("resync_unloaded", {"product": product}).payload


def test_a_deleted_product_leaves_nothing(pipeline: Pipeline) -> None:
    weather(pipeline, "ended")
    weather(pipeline, "ended_not")
    done(pipeline, "DELETE", "/data-product/ended/table/hourly")
    pipeline.upload("ended", "daily", b"x")
    answer = done(pipeline, "DELETE", "/data-product/ended")
    assert answer["complete"]
    assert answer["deletedObjects"] > 0
    # The event of the file that was uploaded last comes after all.
    pipeline.settle()
    for bucket, areas in (
        (LANDING, ("landing/",)),
        (DATA, ("raw/", "curated/")),
        (METADATA, ("",)),
    ):
        for area in areas:
            assert not list(objects.keys(bucket, f"{area}ended/"))
    assert catalogue.databases("ended") == ()
    assert pipeline.ask("DELETE", "/data-product/ended").status_code == 404
    assert len(preview(pipeline, "ended_not", "daily")["rows"]) == 2


def test_the_catalogue_is_told_of_each_change(pipeline: Pipeline) -> None:
    weather(pipeline, "told")
    tables = [
        request.body["name"]
        for request in pipeline.catalogue.asked
        if request.path == "/api/v1/tables"
        and request.body["databaseSchema"] == "data_products.told.v1"
    ]
    assert set(tables) == {"daily", "hourly"}
    assert {request.authorization for request in pipeline.catalogue.asked} == {
        f"Bearer {CATALOGUE_TOKEN}"
    }
    pipeline.catalogue.next_statuses[:] = [500]
    told = {**samples.details(), "name": "told", "description": "Changed"}
    assert done(pipeline, "PUT", "/data-product/told", told)["version"] == "v1.2"
    assert pipeline.settle() == [("push_to_catalogue", {"outcome": "failed", "product": "told"})]


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("wrong", 403)])
def test_who_has_no_token_changes_nothing(
    pipeline: Pipeline, token: str | None, status: int
) -> None:
    body = {**samples.details(), "name": "intruder"}
    assert pipeline.ask("POST", "/data-product/register", body, token).status_code == status
    assert not list(objects.keys(METADATA, "intruder/"))


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("register", {}, 400, "name: "),
        ("Weather/table/daily/schema", {}, 400, "product name 'Weather'"),
        ("nobody/table/daily/schema", None, 400, "body: "),
        ("nobody/table/daily/upload", {"contentMd5": "x", "contentLength": 1}, 400, "contentMd5: "),
        ("errors/table/daily/schema", schema(**DAILY), 409, "use PUT"),
        ("nobody/table/daily/schema", schema(**DAILY), 404, "nobody is not registered"),
    ],
)
def test_a_refusal_says_what_and_why(
    pipeline: Pipeline, path: str, body: Any, status: int, says: str
) -> None:
    if pipeline.ask("GET", "/data-product/errors/table/daily/schema").status_code == 404:
        register(pipeline, "errors", daily=schema(**DAILY))
    answer = pipeline.ask("POST", f"/data-product/{path}", body)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


def test_the_docs_describe_what_is_served(pipeline: Pipeline) -> None:
    document = pipeline.ask("GET", "/docs?format=json", token=None).json()
    validate(document)
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == {(operation.method, operation.path) for operation in operations.ALL}
    page = pipeline.ask("GET", "/docs", token=None)
    assert page.headers["Content-Type"].startswith("text/html")


def test_no_secret_is_logged(pipeline: Pipeline) -> None:
    """By any of the functions, whatever the tests before have asked of them."""
    register(pipeline, "discreet")
    pipeline.catalogue.next_statuses[:] = [500]
    pipeline.settle()
    wait_for(lambda: "the catalogue was not told" in pipeline.functions.logs())
    assert TOKEN not in pipeline.functions.logs()
    assert CATALOGUE_TOKEN not in pipeline.functions.logs()
