"""The frame of every API handler: method, parameters and body in, an answer or an error out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ingestion import names, observability, responses
from ingestion.errors import ApiError, BadRequest, InvalidName, MethodNotAllowed, NotFound
from ingestion.observability import Handler
from ingestion.operations import Operation
from ingestion.validation import explained

Model = TypeVar("Model", bound=BaseModel)
Named = TypeVar("Named")


@dataclass(frozen=True)
class Request:
    """A REST API request as the proxy integration hands it over."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str
    milliseconds_left: Callable[[], int]

    def deadline(self) -> datetime:
        """When Lambda ends this invocation, whatever it is doing."""
        return datetime.now(UTC) + timedelta(milliseconds=self.milliseconds_left())

    def parsed(self, model: type[Model]) -> Model:
        """The body as this model; `BadRequest` names each wrong field and says why."""
        if not self.body:
            raise BadRequest("body: a JSON document is required")
        try:
            return model.model_validate_json(self.body)
        except ValidationError as error:
            raise BadRequest(explained(error)) from None

    def asked(self, model: type[Model]) -> Model:
        """The query parameters as this model; `BadRequest` as for the body."""
        try:
            return model.model_validate(dict(self.query))
        except ValidationError as error:
            raise BadRequest(explained(error)) from None


Answer = BaseModel | dict[str, Any]
"""The operation's own answer, or one made by `responses`."""

ApiHandler = Callable[..., Answer]
"""Takes a `Request`, and the path's parameters by their names."""

# What each is, by what stands before it in the path: an upload is one of a table.
_IN_PATHS: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "product": lambda before, text: names.product_name(text),
    "table": lambda before, text: names.table_name(text),
    "upload": lambda before, text: names.uploaded(before["product"], before["table"], text),
}


def api(operation: Operation) -> Callable[[ApiHandler], Handler]:
    """Makes a Lambda handler of a function that answers the requests of one operation.

    The handler's `routes` say what it serves and what it takes: API Gateway's are made of them.
    """

    def decorate(handle: ApiHandler) -> Handler:
        return wraps(handle)(serving((operation, handle)))

    return decorate


def serving(*served: tuple[Operation, ApiHandler]) -> Handler:
    """Makes one Lambda handler of functions that each answer the requests of an operation."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            operation, handle = _asked_for(served, event)
            request = _request(operation, event, context)
            return _finished(handle(request, **_parameters(operation, request.path)), operation)
        except ApiError as failure:
            observability.logger().info("refused: %s", failure)
            return responses.error(failure)
        except Exception:
            observability.logger().exception("fault")
            return responses.fault(str(context.aws_request_id))

    observed = observability.observed(handler)
    vars(observed)["routes"] = tuple(_route(operation, handle) for operation, handle in served)
    return observed


def _asked_for(
    served: Sequence[tuple[Operation, ApiHandler]], event: dict[str, Any]
) -> tuple[Operation, ApiHandler]:
    """What serves the event, which is of one of these paths: API Gateway has chosen it."""
    if len(served) == 1:
        return served[0]
    for operation, handle in served:
        if operation.path == event.get("resource"):
            return operation, handle
    raise NotFound(f"nothing is served at {event.get('resource')}")


def _route(operation: Operation, handle: ApiHandler) -> dict[str, Any]:
    code = handle.__code__
    return {
        "method": operation.method,
        "path": operation.path,
        "takes": code.co_varnames[1 : code.co_argcount],
        "public": operation.is_public,
    }


def _parameters(operation: Operation, path: Mapping[str, str]) -> dict[str, Any]:
    """The parameters in the path, read from the left; `BadRequest` when one is no valid name."""
    found: dict[str, Any] = {}
    for name in operation.parameters:
        found[name] = _named(name, path, partial(_IN_PATHS[name], found))
    return found


def _finished(answer: Answer, operation: Operation) -> dict[str, Any]:
    if isinstance(answer, dict):
        return answer
    return responses.document(operation.status, answer)


def _request(operation: Operation, event: dict[str, Any], context: Any) -> Request:
    if event.get("httpMethod") != operation.method:
        raise MethodNotAllowed(str(event.get("httpMethod")), operation.method)
    request = Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        body=_body(event),
        milliseconds_left=context.get_remaining_time_in_millis,
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


def _named(what: str, path: Mapping[str, str], check: Callable[[str], Named]) -> Named:
    try:
        return check(path.get(what, ""))
    except InvalidName as error:
        raise BadRequest(f"{what}: {error}") from None
