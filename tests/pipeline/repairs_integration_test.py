"""What was damaged or lost is made again, and what is deleted is gone."""

from __future__ import annotations

from typing import Any

import pytest

from ingestion import catalogue, objects
from pipeline.deployment import Pipeline
from pipeline.products import (
    DATA,
    LANDING,
    METADATA,
    all_started,
    curated,
    done,
    partitions,
    preview,
    weather,
)

pytestmark = pytest.mark.usefixtures("log")


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


def test_every_image_given_was_needed(pipeline: Pipeline) -> None:
    """By the tests before. An edit of a lambda runs the tests that have its image."""
    assert all_started(pipeline)
