"""EventBridge events: which object was created."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote_plus

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
)

from ingestion.errors import BadEvent
from ingestion.validation import explained

_Text = Annotated[str, StringConstraints(min_length=1)]


class _Bucket(BaseModel):
    name: _Text


class _Object(BaseModel):
    # S3 encodes keys in some events and not in others. The pipeline's own keys have neither "%" nor
    # "+", so decoding one that was not encoded changes nothing.
    key: Annotated[_Text, AfterValidator(unquote_plus)]


class _Detail(BaseModel):
    bucket: _Bucket
    object: _Object
    rebuild_since: Annotated[AwareDatetime | None, Field(alias="rebuildSince")] = None


class ObjectCreated(BaseModel):
    """An EventBridge S3 *Object Created* event, as far as the pipeline reads it."""

    detail: _Detail

    @classmethod
    def parse(cls, event: dict[str, Any]) -> ObjectCreated:
        """The event; `BadEvent` names what is missing."""
        try:
            return cls.model_validate(event)
        except ValidationError as error:
            raise BadEvent(
                f"not an EventBridge S3 'Object Created' event: {explained(error)}"
            ) from None

    @property
    def bucket(self) -> str:
        return self.detail.bucket.name

    @property
    def key(self) -> str:
        """The object's key, decoded."""
        return self.detail.object.key

    @property
    def rebuild_since(self) -> datetime | None:
        """Of the pipeline's own: what was made of the object before this moment is made again."""
        return self.detail.rebuild_since


_ENDED_BY_LAMBDA = frozenset({"Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout"})


class Undelivered(BaseModel):
    """What Lambda sends to a function's on-failure destination: the event it failed on, and how."""

    event: Annotated[dict[str, Any], Field(alias="requestPayload")]
    error: Annotated[dict[str, Any], Field(alias="responsePayload")] = {}

    @classmethod
    def parse(cls, event: dict[str, Any]) -> Undelivered | None:
        """The record; None when this is an event as any other."""
        try:
            record = cls.model_validate(event)
        except ValidationError:
            return None
        # It may have failed as a destination, too.
        return cls.parse(record.event) or record

    @property
    def was_ended(self) -> bool:
        """Whether Lambda had to end the function, each time, for its time or its memory."""
        return self.error.get("errorType") in _ENDED_BY_LAMBDA or "Task timed out" in str(
            self.error.get("errorMessage")
        )
