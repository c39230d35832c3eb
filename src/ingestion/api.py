"""The frame of every API handler: method, parameters and body in, an answer or an error out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingestion import names, observability, responses
from ingestion.errors import ApiError, BadRequest, InvalidName, MethodNotAllowed
from ingestion.observability import Handler
from ingestion.validation import explained

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Request:
    """A REST API request as the proxy integration hands it over."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str

    def product(self) -> str:
        """The product named in the path; `BadRequest` when it is no valid name."""
        return _named("product", self.path, names.product_name)

    def table(self) -> str:
        """The table named in the path; `BadRequest` when it is no valid name."""
        return _named("table", self.path, names.table_name)

    def parsed(self, model: type[Model]) -> Model:
        """The body as this model; `BadRequest` names each wrong field and says why."""
        if not self.body:
            raise BadRequest("body: a JSON document is required")
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise BadRequest(explained(error)) from None


ApiHandler = Callable[[Request], dict[str, Any]]


def api(method: str) -> Callable[[ApiHandler], Handler]:
    """Makes a Lambda handler of a function that answers requests of one HTTP method."""

    def decorate(handle: ApiHandler) -> Handler:
        @wraps(handle)
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            return _answer(handle, method, event, str(context.aws_request_id))

        return observability.observed(handler)

    return decorate


def _answer(
    handle: ApiHandler, method: str, event: dict[str, Any], request_id: str
) -> dict[str, Any]:
    try:
        if event.get("httpMethod") != method:
            raise MethodNotAllowed(str(event.get("httpMethod")), method)
        return handle(_request(event))
    except ApiError as failure:
        observability.logger().info("refused: %s", failure, extra={"status": failure.status})
        return responses.error(failure)
    except Exception:
        observability.logger().exception("fault")
        return responses.fault(request_id)


def _request(event: dict[str, Any]) -> Request:
    request = Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        body=_body(event),
    )
    observability.keys(
        **{name: request.path[name] for name in ("product", "table") if name in request.path}
    )
    return request


def _body(event: dict[str, Any]) -> str:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise BadRequest("body: not UTF-8 text") from None


def _named(what: str, path: Mapping[str, str], check: Callable[[str], str]) -> str:
    try:
        return check(path.get(what, ""))
    except InvalidName as error:
        raise BadRequest(f"{what}: {error}") from None
