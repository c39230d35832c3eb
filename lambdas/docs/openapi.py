"""The OpenAPI 3.1 document of the API, made of the operations that the handlers serve by."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ingestion import operations
from ingestion.operations import Operation

_REFERENCE = "#/components/schemas/{model}"
_JSON = "application/json"
_IDENTIFIER = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 128}
_IN_PATHS: dict[str, dict[str, Any]] = {
    "upload": {"type": "string", "description": "as the request for the form was answered"}
}
_ERROR = {
    "title": "Error",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "code"],
            "properties": {
                "message": {"type": "string", "description": "what is wrong, and where"},
                "code": {"type": "string", "description": "the kind of error"},
            },
        }
    },
}


@cache
def document() -> dict[str, Any]:
    """The document; the same object each time."""
    references, schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations.ALL:
        described = _Describer(references).operation(operation)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Data product ingestion",
            "version": "1.0.0",
            "description": "Register data products and their tables, and upload CSV files to them.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
        "security": [{"token": []}],
    }


_Key = tuple[type[BaseModel], JsonSchemaMode]


def _schemas() -> tuple[dict[_Key, dict[str, Any]], dict[str, Any]]:
    """A reference for each model, and the schemas that they refer to."""
    used: list[_Key] = []
    for operation in operations.ALL:
        used += [(operation.body, "validation")] if operation.body else []
        used += [(operation.answer, "serialization")] if operation.answer else []
    references, definitions = models_json_schema(
        sorted(set(used), key=lambda key: (key[0].__name__, key[1])), ref_template=_REFERENCE
    )
    return references, definitions["$defs"]  # type: ignore[return-value]


class _Describer:
    """Describes operations by references to the models' schemas."""

    def __init__(self, references: dict[_Key, dict[str, Any]]) -> None:
        self._references = references

    def operation(self, operation: Operation) -> dict[str, Any]:
        described: dict[str, Any] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "responses": self._responses(operation),
        }
        if parameters := [*_path_parameters(operation), *_query_parameters(operation)]:
            described["parameters"] = parameters
        if operation.body:
            described["requestBody"] = {
                "required": True,
                "content": {_JSON: {"schema": self._references[operation.body, "validation"]}},
            }
        if operation.is_public:
            described["security"] = []
        return described

    def _responses(self, operation: Operation) -> dict[str, Any]:
        content: dict[str, Any] = {text: {"schema": {}} for text in operation.texts}
        if operation.answer:
            content[_JSON] = {"schema": self._references[operation.answer, "serialization"]}
        described = {
            str(operation.status): {"description": _first_line(operation), "content": content}
        }
        for status, description in operation.also.items():
            described[str(status)] = {"description": description, "content": content}
        for refusal in operation.all_refusals:
            described[str(refusal.status)] = _error(_meaning(refusal))
        described["500"] = _error("A fault of the service; the message has the request's id.")
        return described


def _first_line(operation: Operation) -> str:
    model = operation.answer
    return _meaning(model) if model and model.__doc__ else operation.summary


def _meaning(thing: type[Any]) -> str:
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split())


def _error(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {_JSON: {"schema": {"$ref": _REFERENCE.format(model="Error")}}},
    }


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATHS.get(name, _IDENTIFIER)}
        for name in operation.parameters
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if not operation.query:
        return []
    properties = operation.query.model_json_schema()["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]
