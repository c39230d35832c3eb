"""The failures that the pipeline knows by name; each class's docstring is its meaning."""

from __future__ import annotations

from typing import ClassVar


class IngestionError(Exception):
    """Anything that the pipeline refuses or cannot do; the message is fit for the user."""


class MissingSetting(IngestionError):
    """An environment variable that this lambda needs is not set."""


class BadEvent(IngestionError):
    """The event is not of the shape that AWS sends for this trigger. Retrying cannot help."""


class Refused(IngestionError):
    """A caller is refused by an error, as AWS wants it: no fault, so it is logged without a trace.

    Of an authorizer, API Gateway turns the message `Unauthorized`, and no other, into 401.
    """


class InvalidName(IngestionError, ValueError):
    """A product, table, column, version or key is not of the documented form."""


class ApiError(IngestionError):
    """An answer other than success; becomes `{"error": {"message", "code"}}` with this status."""

    status: ClassVar[int] = 500


class BadRequest(ApiError):
    """The request is not valid; the message names the field and says why."""

    status = 400


class NotFound(ApiError):
    """The product, version, table or data asked for is not there."""

    status = 404


class MethodNotAllowed(ApiError):
    """The path exists, but not for this HTTP method."""

    status = 405

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} is not allowed here; use {allowed}")
        self.allowed = allowed


class Conflict(ApiError):
    """What should be made is there already, or somebody else is changing it right now."""

    status = 409
