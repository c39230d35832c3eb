from __future__ import annotations

from typing import Any

from openapi_spec_validator import validate

from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function


def event(form: str | None = None, method: str = "GET") -> dict[str, Any]:
    """API Gateway's event for a look at the documentation."""
    query = {"format": form} if form else None
    return {**sample(__file__, "page"), "httpMethod": method, "queryStringParameters": query}


class TestDocs(LambdaContract):
    layout = "lambdas.docs/image"
    refusals = (
        Refusal(event("xml"), status=400, says="format"),
        Refusal(event(method="POST"), status=405, says="POST"),
    )

    def test_the_document_is_valid_openapi(self, function: Function) -> None:
        answer = function.invoke(event("json"))
        assert answer.status == 200
        validate(answer.body)

    def test_the_page_shows_it(self, function: Function) -> None:
        answer = function.invoke(event())
        assert answer.payload["headers"]["Content-Type"] == "text/html; charset=utf-8"
        assert "/data-product/{product}/table/{table}/upload" in answer.payload["body"]
