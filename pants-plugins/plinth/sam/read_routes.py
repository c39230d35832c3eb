"""Asks handlers which routes they serve: a program under the handlers' own Python and packages.

    read_routes.py ASKED OUT

ASKED is `{"handlers": {ADDRESS: "module:function", …}, "openapi": "module:function" or null}`. OUT
gets `{"routes": {ADDRESS: […], …}, "openapi": the document or null, "objections": […]}`. A
handler's routes are its attribute `routes`, a list of `{"method", "path", "takes", "public"}`; one
without it serves none.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


class Asked:
    """What was found, and what could not be."""

    def __init__(self) -> None:
        self.objections: list[str] = []

    def found(self, where: str, named: str) -> Any:
        """What `module:function` names; None, with an objection, when there is no such thing."""
        module, _, name = named.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except AttributeError:
            self.objections.append(f"{where} {module} has no `{name}`")
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self.objections.append(f"{where} {module} cannot be imported: {why}")
        return None

    def routes(self, address: str, handler: str) -> list[dict[str, Any]]:
        found = getattr(self.found(f"{address}: handler:", handler), "routes", ())
        try:
            return [
                {
                    "method": str(route["method"]).upper(),
                    "path": str(route["path"]),
                    "takes": [str(name) for name in route["takes"]],
                    "public": bool(route.get("public", False)),
                }
                for route in found
            ]
        except (TypeError, KeyError, AttributeError) as error:
            self.objections.append(
                f"{address}: handler: `routes` of {handler} is no list of "
                f"`{{method, path, takes, public}}` ({type(error).__name__}: {error})"
            )
            return []

    def document(self, named: str) -> Any:
        function = self.found("openapi:", named)
        try:
            return None if function is None else json.loads(json.dumps(function()))
        except Exception as error:
            self.objections.append(f"openapi: {named} fails: {type(error).__name__}: {error}")
            return None


def main(asked_in: str, out: str) -> None:
    with open(asked_in, encoding="utf-8") as file:
        asked = json.load(file)
    answers = Asked()
    routes = {
        address: answers.routes(address, handler) for address, handler in asked["handlers"].items()
    }
    document = answers.document(asked["openapi"]) if asked["openapi"] else None
    answer = {"routes": routes, "openapi": document, "objections": answers.objections}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(answer, file, sort_keys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
