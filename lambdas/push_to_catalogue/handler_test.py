from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from push_to_catalogue import catalogue_api
from push_to_catalogue.handler import handler

from ingestion import aws
from ingestion.errors import BadEvent
from ingestion_testing import imports, samples
from ingestion_testing.fixtures import Context
from ingestion_testing.recorder import Recorder, recording

TOKEN = "a long random token"


@pytest.fixture
def catalogue(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A catalogue that takes what it is told, and the settings that lead to it."""
    aws.client("secretsmanager").create_secret(Name="catalogue-token", SecretString=TOKEN)
    monkeypatch.setattr(catalogue_api, "_PAUSE_SECONDS", 0)
    with recording() as recorder:
        monkeypatch.setenv("CATALOGUE_URL", recorder.url)
        monkeypatch.setenv("CATALOGUE_SECRET_ID", "catalogue-token")
        yield recorder


def push(product: str = "weather") -> dict[str, Any]:
    return handler({"product": product}, Context())


def test_a_product_and_its_tables_are_put_each_after_what_it_names(catalogue: Recorder) -> None:
    schema = samples.schema(day="date", price="decimal(4,1)", name="varchar(10)")
    samples.register(samples.metadata(version="v2.1", schemas=("daily",)), {"daily": schema})
    assert push() == {"outcome": "pushed", "product": "weather"}
    assert {request.method for request in catalogue.asked} == {"PUT"}
    paths = [request.path.removeprefix("/api/v1/") for request in catalogue.asked]
    assert paths == ["services/databaseServices", "databases", "databaseSchemas", "tables"]
    service, product, major, table = (request.body for request in catalogue.asked)
    assert service["name"] == product["service"] == "data_products"
    assert product["name"] == "weather"
    assert product["extension"]["version"] == "v2.1"
    assert (major["name"], major["database"]) == ("v2", "data_products.weather")
    assert (table["name"], table["databaseSchema"]) == ("daily", "data_products.weather.v2")
    assert [
        (column["name"], column["dataType"], column["dataTypeDisplay"])
        for column in table["columns"]
    ] == [
        ("day", "DATE", "date"),
        ("price", "DECIMAL", "decimal(4,1)"),
        ("name", "VARCHAR", "varchar(10)"),
    ]
    assert (table["columns"][1]["precision"], table["columns"][1]["scale"]) == (4, 1)
    assert table["columns"][2]["dataLength"] == 10
    assert {request.authorization for request in catalogue.asked} == {f"Bearer {TOKEN}"}


def test_once_more_puts_the_same(catalogue: Recorder) -> None:
    samples.register(samples.metadata())
    push()
    first = list(catalogue.asked)
    push()
    assert catalogue.asked == first * 2


def test_a_catalogue_that_is_busy_is_asked_again(catalogue: Recorder) -> None:
    samples.register(samples.metadata())
    catalogue.next_statuses = [503, 429]
    assert push()["outcome"] == "pushed"
    catalogue.next_statuses = [503, 429, 504]
    assert push()["outcome"] == "failed"


@pytest.mark.parametrize("status", [400, 401, 500, 302])
def test_a_refusal_is_no_error_but_logged_and_counted(
    status: int, catalogue: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    catalogue.next_statuses = [status]
    assert push() == {"outcome": "failed", "product": "weather"}
    output = capsys.readouterr().out
    assert f"status {status}" in output
    assert "CataloguePushesFailed" in output
    assert len(catalogue.asked) == 1


def test_a_catalogue_that_is_down_is_no_error(
    catalogue: Recorder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.register(samples.metadata())
    monkeypatch.setenv("CATALOGUE_URL", "http://127.0.0.1:1")
    assert push()["outcome"] == "failed"
    assert "ConnectionError" in capsys.readouterr().out


def test_the_token_is_not_logged(catalogue: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    samples.register(samples.metadata())
    catalogue.next_statuses = [200, 401]
    push()
    push()
    assert TOKEN not in "".join(capsys.readouterr())


@pytest.mark.parametrize("status", [200, 404])
def test_a_product_that_is_gone_is_deleted(status: int, catalogue: Recorder) -> None:
    catalogue.next_statuses = [status]
    assert push() == {"outcome": "gone", "product": "weather"}
    (request,) = catalogue.asked
    path, _, query = request.path.partition("?")
    assert (request.method, path) == ("DELETE", "/api/v1/databases/name/data_products.weather")
    assert set(query.split("&")) == {"recursive=true", "hardDelete=true"}
    catalogue.next_statuses = [500]
    assert push()["outcome"] == "failed"


def test_a_product_registered_again_in_between_is_not_deleted(
    catalogue: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = catalogue_api.CatalogueApi.delete

    def registered_first(api: catalogue_api.CatalogueApi, path: str) -> None:
        samples.register(samples.metadata())
        delete(api, path)

    monkeypatch.setattr(catalogue_api.CatalogueApi, "delete", registered_first)
    assert push() == {"outcome": "pushed", "product": "weather"}
    assert [request.method for request in catalogue.asked] == ["DELETE", *["PUT"] * 4]


def test_what_changes_while_it_is_told_is_told_again(
    catalogue: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.register(samples.metadata())
    put = catalogue_api.CatalogueApi.put
    versions = iter(["v1.1"])

    def changed_first(api: catalogue_api.CatalogueApi, path: str, entity: dict[str, Any]) -> None:
        if version := next(versions, None):
            samples.register(samples.metadata(version=version))
        put(api, path, entity)

    monkeypatch.setattr(catalogue_api.CatalogueApi, "put", changed_first)
    push()
    told = [each.body for each in catalogue.asked if each.path == "/api/v1/databases"]
    assert [each["extension"]["version"] for each in told] == ["v1.0", "v1.1"]


@pytest.mark.parametrize("event", [{}, {"product": ""}])
def test_a_malformed_event_is_an_error(event: dict[str, Any], s3: Any) -> None:
    with pytest.raises(BadEvent, match="product: "):
        handler(event, Context())


def test_it_imports_only_what_it_needs() -> None:
    assert not imports.loaded_by("push_to_catalogue.handler") & {"pyarrow", "boto3"}
