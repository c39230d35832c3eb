"""The routes that an OpenAPI document has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plinth.sam.application import Route, path_parameters

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def documented(openapi: Mapping[str, Any]) -> tuple[Route, ...]:
    """By path and method; a route is public where its `security` is empty."""
    everywhere = openapi.get("security", [])
    return tuple(
        Route(
            method.upper(),
            path,
            path_parameters(path),
            public=not described.get("security", everywhere),
        )
        for path, methods in sorted(openapi.get("paths", {}).items())
        for method, described in sorted(methods.items())
        if method in _METHODS
    )
