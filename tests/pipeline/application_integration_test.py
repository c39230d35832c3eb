"""The API as its template makes it, over HTTP, by a client that has nothing but a token."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from containers.unready import or_stop
from ingestion_testing import samples
from pipeline.deployment import TOKEN, Pipeline, deployed_application
from pipeline.products import DAILY, DAILY_CSV, all_started, schema, wait_for
from pipeline.serve import delivering

OPENAPI = Path("lambdas/api/openapi.json")
SECONDS = 120
PRODUCT = "/data-product/weather"
TABLE = f"{PRODUCT}/table/daily"


@pytest.fixture(scope="module")
def application() -> Iterator[Pipeline]:
    with ExitStack() as block:
        with or_stop():
            made = block.enter_context(deployed_application(Path()))
        block.enter_context(delivering(made))
        yield made


def ask(
    application: Pipeline, method: str, path: str, body: Any = None, token: str | None = TOKEN
) -> requests.Response:
    headers = {} if token is None else {"Authorization": token}
    url = application.url + path
    return requests.request(method, url, json=body, headers=headers, timeout=SECONDS)


def test_a_producer_registers_uploads_and_sees_the_rows(application: Pipeline) -> None:
    details = {**samples.details(), "name": "weather"}
    for token, status in ((None, 401), ("wrong", 403)):
        refused = ask(application, "POST", "/data-product/register", details, token)
        assert refused.status_code == status, refused.text
    assert ask(application, "POST", "/data-product/register", details).status_code == 201
    written = schema(**DAILY)
    assert ask(application, "POST", f"{TABLE}/schema", written).status_code == 201
    announced = {
        "contentMd5": base64.b64encode(hashlib.md5(DAILY_CSV).digest()).decode(),
        "contentLength": len(DAILY_CSV),
    }
    form = ask(application, "POST", f"{TABLE}/upload", announced).json()
    requests.post(
        form["url"], data=form["fields"], files={"file": DAILY_CSV}, timeout=SECONDS
    ).raise_for_status()
    wait_for(lambda: ask(application, "GET", f"{TABLE}/preview").ok)
    rows = ask(application, "GET", f"{TABLE}/preview").json()["rows"]
    assert [row[1] for row in rows] == ["9.5", "-1.0"]


def test_what_docs_serves_is_what_was_packaged(application: Pipeline) -> None:
    served = ask(application, "GET", "/docs?format=json", token=None)
    assert served.json() == json.loads(OPENAPI.read_text())


def test_every_image_given_was_needed(application: Pipeline) -> None:
    """By the tests before. An edit of a lambda runs the tests that have its image."""
    assert all_started(application)


def test_what_is_no_route_of_the_template_is_nowhere(application: Pipeline) -> None:
    assert ask(application, "DELETE", "/docs").status_code == 403
