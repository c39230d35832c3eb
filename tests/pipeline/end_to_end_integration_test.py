"""The whole pipeline, in the containers that Pants has built, over HTTP, against moto.

Here every lambda takes part. What some of them do together is in the tests beside this one, so
that an edit of a lambda runs those that it has a part in. Each test has products of its own.
"""

from __future__ import annotations

import pytest

from ingestion import operations
from ingestion_testing import samples
from pipeline.deliveries import RULES
from pipeline.deployment import CATALOGUE_TOKEN, FUNCTIONS, TOKEN, Pipeline
from pipeline.gateway import AUTHORIZER
from pipeline.products import (
    DAILY,
    DAILY_CSV,
    all_started,
    became_of,
    done,
    preview,
    register,
    schema,
    wait_for,
    weather,
)

pytestmark = pytest.mark.usefixtures("log")


def test_every_lambda_does_its_part_in_a_product_s_life(pipeline: Pipeline) -> None:
    product, table = "/data-product/life", "/data-product/life/table/daily"
    weather(pipeline, "life")
    assert [row[1] for row in preview(pipeline, "life", "daily")["rows"]] == ["9.5", "-1.0"]

    assert "life" in [each["name"] for each in done(pipeline, "GET", "/data-product")["products"]]
    assert done(pipeline, "GET", product)["version"] == "v1.1"
    assert [each["name"] for each in done(pipeline, "GET", f"{product}/table")["tables"]] == [
        "daily",
        "hourly",
    ]
    (load,) = done(pipeline, "GET", f"{table}/load")["loads"]
    assert load["rows"] == 2
    good, bad = (pipeline.upload("life", "daily", each) for each in (DAILY_CSV, b"day\n"))
    assert became_of(pipeline, good)["state"] == "landing"
    pipeline.settle()
    assert became_of(pipeline, good)["state"] == "loaded"
    assert became_of(pipeline, bad)["problems"][0]["column"] == "highest"

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
    assert all_started(pipeline)


def test_no_lambda_of_the_pipeline_is_left_out(pipeline: Pipeline) -> None:
    """So the test before has started all."""
    needed = {operation.function for operation in operations.ALL} | {AUTHORIZER}
    needed |= {rule.function for rule in RULES} | set(FUNCTIONS.values())
    assert needed <= pipeline.functions.names


def test_no_secret_is_logged(pipeline: Pipeline) -> None:
    """By any of the functions, whatever the tests before have asked of them."""
    register(pipeline, "discreet")
    pipeline.catalogue.next_statuses[:] = [500]
    pipeline.settle()
    wait_for(lambda: "the catalogue was not told" in pipeline.functions.logs())
    assert TOKEN not in pipeline.functions.logs()
    assert CATALOGUE_TOKEN not in pipeline.functions.logs()
