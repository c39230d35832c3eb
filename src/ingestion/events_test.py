from __future__ import annotations

from typing import Any

import pytest

from ingestion.errors import BadEvent
from ingestion.events import ObjectCreated
from ingestion_testing import samples


@pytest.mark.parametrize("equals", ["=", "%3D"])
def test_the_key_is_decoded(equals: str) -> None:
    event = samples.object_created("bucket", f"landing/load_timestamp{equals}1/a.csv")
    created = ObjectCreated.parse(event)
    assert (created.bucket, created.key) == ("bucket", "landing/load_timestamp=1/a.csv")


@pytest.mark.parametrize(
    ("event", "missing"),
    [
        ({}, "detail"),
        ({"detail": {"object": {"key": "a"}}}, "detail.bucket"),
        ({"detail": {"bucket": {"name": "b"}, "object": {}}}, "detail.object.key"),
        ({"detail": {"bucket": {"name": ""}, "object": {"key": "a"}}}, "detail.bucket.name"),
        ({"detail": "text"}, "detail"),
        ({"Records": [{"s3": {}}]}, "detail"),
    ],
)
def test_another_event_is_refused_and_what_it_lacks_is_named(
    event: dict[str, Any], missing: str
) -> None:
    with pytest.raises(BadEvent, match=f"'Object Created' event: {missing}: "):
        ObjectCreated.parse(event)
