"""What a lambda answers to an event."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_TIMED_OUT = b"Task timed out after "


@dataclass(frozen=True)
class Answer:
    """The payload of one invocation, as the emulator returns it."""

    payload: Any

    @classmethod
    def parse(cls, content: bytes) -> Answer:
        """The answer in a response's body; an empty one is null, as from Lambda.

        Raises `ValueError` for what no emulator would say.
        """
        if content.startswith(_TIMED_OUT):
            # Plain text from the emulator; from Lambda an error of this type.
            return cls({"errorType": "Sandbox.Timedout", "errorMessage": content.decode()})
        return cls(json.loads(content) if content.strip() else None)

    @property
    def error(self) -> str | None:
        """The type of the function's error, such as `BadEvent`; None when it answered.

        Lambda says so in a header, which the emulator leaves out: there the payload tells.
        """
        if isinstance(self.payload, dict) and "errorMessage" in self.payload:
            return str(self.payload.get("errorType", ""))
        return None

    @property
    def status(self) -> int | None:
        """The HTTP status, of an answer to API Gateway."""
        return self.payload.get("statusCode") if isinstance(self.payload, dict) else None

    @property
    def body(self) -> Any:
        """The JSON body, of an answer to API Gateway."""
        return json.loads(self.payload["body"])
