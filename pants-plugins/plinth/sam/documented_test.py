from __future__ import annotations

from plinth.sam.application import Route
from plinth.sam.documented import documented


def test_a_document_has_routes_with_their_parameters_and_who_may_ask() -> None:
    document = {
        "security": [{"token": []}],
        "paths": {
            "/orders/{order}": {"put": {}, "get": {}, "parameters": []},
            "/docs": {"get": {"security": []}},
        },
    }
    assert documented(document) == (
        Route("GET", "/docs", public=True),
        Route("GET", "/orders/{order}", ("order",)),
        Route("PUT", "/orders/{order}", ("order",)),
    )


def test_without_security_all_is_public() -> None:
    assert documented({"paths": {"/": {"get": {}}}}) == (Route("GET", "/", public=True),)
    assert documented({}) == ()
