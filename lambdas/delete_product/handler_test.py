from __future__ import annotations

import json
from typing import Any

import pytest
from delete_product.handler import handler

from ingestion import catalogue, names, objects, store
from ingestion.names import Area
from ingestion_testing import crash, imports, samples
from ingestion_testing.answers import call, refusal
from ingestion_testing.fixtures import DATA, LANDING, METADATA, Context, Started

OTHER = "weather_daily"


def prepare() -> None:
    """Two versions of a product with something everywhere, and another product beside it."""
    for product in ("weather", OTHER):
        samples.register(samples.metadata(product))
        samples.register(samples.metadata(product, version="v2.0"))
        for area in Area:
            bucket = LANDING if area is Area.LANDING else DATA
            file = samples.file(area, product=product)
            objects.write(bucket, file.key, b"", "text/plain")
        objects.write(DATA, samples.file(product=product).reason_key, b"{}", "text/plain")
        for major in (1, 2):
            curated = samples.file(Area.CURATED, product=product).in_major(major)
            catalogue.register_load(curated, samples.schema(), names.Version(major, 0))


def left() -> set[str]:
    return {key for bucket in (LANDING, DATA, METADATA) for key in objects.keys(bucket, "")}


def delete(product: str = "weather") -> tuple[int, Any]:
    return call(handler, "DELETE", product=product)


def test_everything_of_the_product_goes_and_nothing_else(s3: Any) -> None:
    prepare()
    of_the_other = {key for key in left() if f"{OTHER}/" in key}
    # The head is not counted: it stands for the rest.
    gone = len(left()) - len(of_the_other) - 1
    assert delete() == (200, {"product": "weather", "deletedObjects": gone, "complete": True})
    assert left() == of_the_other
    assert catalogue.databases("weather") == ()
    assert catalogue.databases(OTHER) == (f"{OTHER}_v1", f"{OTHER}_v2")


def test_the_catalogue_is_told_while_the_deletion_can_still_be_asked_for(
    s3: Any, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()

    def crash_here(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(store, "delete_head", crash_here)
        assert delete()[0] == 500
    assert delete()[0] == 200
    assert started.of("push_to_catalogue") == [{"product": "weather"}] * 2


def test_a_product_that_is_gone_is_not_found(s3: Any) -> None:
    message = "data product weather is not registered"
    assert refusal(delete()) == (404, "NotFound", message)
    prepare()
    delete()
    assert refusal(delete()) == (404, "NotFound", message)


def test_what_a_product_left_without_metadata_goes_too(s3: Any) -> None:
    objects.write(DATA, samples.file(Area.RAW).key, b"", "text/plain")
    assert delete()[0] == 200
    assert left() == set()


def test_out_of_time_it_says_so_and_goes_on_when_asked_again(s3: Any) -> None:
    prepare()
    event = samples.api_request("DELETE", product="weather")
    answers = [handler(event, Context(milliseconds_left=1000))]
    while answers[-1]["statusCode"] == 202:
        assert json.loads(answers[-1]["body"])["complete"] is False
        head = store.read_head("weather")
        assert head
        assert not head.head.is_there
        answers.append(handler(event, Context(milliseconds_left=1000)))
        if len(answers) > 20:
            pytest.fail("it never ends")
    assert len(answers) > 3
    assert not {key for key in left() if OTHER not in key}


def test_a_crash_at_any_write_can_be_repeated(environment: None) -> None:
    def deleted_after_all() -> None:
        assert delete()[0] in (200, 404)
        assert not {key for key in left() if OTHER not in key}
        assert catalogue.databases("weather") == ()
        assert {key for key in left() if OTHER in key}

    assert crash.at_every_write(prepare, delete, deleted_after_all) >= 14


def test_a_wrong_name_or_method_is_refused(s3: Any) -> None:
    assert refusal(delete("Weather"))[0] == 400
    assert refusal(call(handler, "GET"))[0] == 405


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("delete_product.handler") & {"pyarrow", "boto3", "requests"}
