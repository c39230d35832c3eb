"""An application to test with: three functions, two routes, an authorizer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plinth.sam.application import Application, Function, Route

SHOW = Route("GET", "/orders/{order}", ("order",))
DOCS = Route("GET", "/docs", public=True)


def function(name: str, **more: Any) -> Function:
    return Function(
        address=f"lambdas/{name}:function",
        image=f"lambdas/{name}:image",
        handler=f"{name}.handler:handler",
        **more,
    )


def application(**more: Any) -> Application:
    """Without objections, but for what `more` says otherwise."""
    made = Application(
        address="lambdas:api",
        functions=(
            function("authorizer"),
            function("orders", routes=(SHOW,)),
            function("docs", routes=(DOCS,)),
        ),
        authorizer="lambdas/authorizer:function",
        documented=(DOCS, SHOW),
    )
    return replace(made, **more)


def with_orders(**more: Any) -> Application:
    """The application with another function `orders`."""
    made = application()
    functions = tuple(
        replace(each, **more) if each.name == "orders" else each for each in made.functions
    )
    return replace(made, functions=functions)
