"""Lambda, as far as a delivery needs it: one environment's aliases, code, versions, invocations."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.core.errors import AwsError
from delivery.core.observed import Alias, Code
from delivery.edges.aws import code_of, explained

_POLL = 1.0


class Moved(AwsError):
    """Somebody else changed the function or alias since it was seen: nothing was done to it."""


@dataclass(frozen=True)
class Answer:
    """What a version answered to an event; `error` is how it failed, or empty."""

    payload: Any
    error: str = ""


class Functions:
    """The functions of one environment, whose aliases are all called `alias`."""

    def __init__(
        self,
        client: Any,
        alias: str,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._alias, self._timeout = client, alias, timeout
        self._clock, self._sleep = clock, sleep

    def alias(self, function: str) -> Alias | None:
        """Where the alias points; None when there is no alias, or no function."""
        try:
            with explained(f"the alias of {function} cannot be read"):
                found = self._client.get_alias(FunctionName=function, Name=self._alias)
        except AwsError as error:
            if _is(error, "ResourceNotFoundException"):
                return None
            raise
        return _alias(found)

    def code(self, function: str, qualifier: str | None = None) -> Code | None:
        """The code of a version, or of `$LATEST`; None when there is none."""
        which = {"Qualifier": qualifier} if qualifier else {}
        try:
            with explained(f"{function} cannot be read"):
                found = self._client.get_function(FunctionName=function, **which)
        except AwsError as error:
            if _is(error, "ResourceNotFoundException"):
                return None
            raise
        return _code(found)

    def update(self, function: str, image: str, revision: str) -> None:
        """Give `$LATEST` another image. Raises `Moved` when it is not at `revision`."""
        self._guarded(
            f"the code of {function} cannot be updated",
            self._client.update_function_code,
            FunctionName=function,
            ImageUri=image,
            RevisionId=revision,
        )

    def settled(self, function: str, qualifier: str | None = None) -> Code:
        """The code when its update has ended well. Raises `AwsError` when it fails or hangs."""
        started = self._clock()
        while True:
            code = self.code(function, qualifier)
            what = f"{function}:{qualifier}" if qualifier else function
            if code is None:
                raise AwsError(f"{what} is gone while it was updated.")
            if code.status == "Failed" or code.state == "Failed":
                raise AwsError(f"The update of {what} failed: {code.reason or 'no reason given'}.")
            # Lambda puts a function that nobody calls to sleep; an invocation wakes it.
            if code.status == "Successful" and code.state in ("Active", "Inactive"):
                return code
            if self._clock() - started >= self._timeout:
                raise AwsError(
                    f"The update of {what} is still {code.status} ({code.state}) after "
                    f"{self._timeout:.0f} s. Try again later; update_timeout of delivery.toml is "
                    "how long to wait."
                )
            self._sleep(_POLL)

    def publish(self, function: str, code: Code, description: str) -> str:
        """A version of `$LATEST` as `code` is. Raises `Moved` when it is not any more."""
        found = self._guarded(
            f"no version of {function} can be published",
            self._client.publish_version,
            FunctionName=function,
            RevisionId=code.revision,
            Description=description,
        )
        return str(found["Version"])

    def invoke(self, function: str, version: str, event: Any) -> Answer:
        """What a version answers to an event, invoked as a caller would and waited for."""
        with explained(f"{function}:{version} cannot be invoked"):
            found = self._client.invoke(
                FunctionName=function,
                Qualifier=version,
                Payload=json.dumps(event).encode(),
            )
        body = found["Payload"].read()
        try:
            payload = json.loads(body or b"null")
        except ValueError:
            payload = body.decode(errors="replace")
        error = found.get("FunctionError")
        return Answer(payload, f"{error}: {_short(payload)}" if error else "")

    def move(
        self,
        function: str,
        version: str,
        revision: str,
        description: str,
        weights: dict[str, float] | None = None,
    ) -> Alias:
        """Point the alias to a version. Raises `Moved` when it is not at `revision`."""
        found = self._guarded(
            f"the alias of {function} cannot be moved",
            self._client.update_alias,
            FunctionName=function,
            Name=self._alias,
            FunctionVersion=version,
            Description=description,
            RoutingConfig={"AdditionalVersionWeights": weights or {}},
            RevisionId=revision,
        )
        return _alias(found)

    def create(self, function: str, version: str, description: str) -> Alias:
        """The alias where there is none yet."""
        found = self._guarded(
            f"the alias of {function} cannot be created",
            self._client.create_alias,
            FunctionName=function,
            Name=self._alias,
            FunctionVersion=version,
            Description=description,
        )
        return _alias(found)

    def remove(self, function: str) -> None:
        """Take away an alias that was made by an operation that goes back."""
        with explained(f"the alias of {function} cannot be removed"):
            self._client.delete_alias(FunctionName=function, Name=self._alias)

    def _guarded(self, what: str, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            with explained(what):
                return call(**arguments)
        except AwsError as error:
            if _is(error, "PreconditionFailedException", "ResourceConflictException"):
                raise Moved(f"{what}: somebody else changed it meanwhile. {error}") from error
            raise


def _is(error: AwsError, *codes: str) -> bool:
    cause = error.__cause__
    return isinstance(cause, ClientError) and code_of(cause) in codes


def _alias(found: dict[str, Any]) -> Alias:
    routing = found.get("RoutingConfig") or {}
    return Alias(
        version=found["FunctionVersion"],
        revision=found["RevisionId"],
        description=found.get("Description") or "",
        weights=routing.get("AdditionalVersionWeights") or {},
    )


def _code(found: dict[str, Any]) -> Code:
    configuration = found["Configuration"]
    resolved = found.get("Code", {}).get("ResolvedImageUri") or ""
    return Code(
        version=configuration["Version"],
        revision=configuration["RevisionId"],
        digest=resolved.rpartition("@")[2] or None,
        image=found.get("Code", {}).get("ImageUri"),
        state=configuration.get("State", "Active"),
        status=configuration.get("LastUpdateStatus", "Successful"),
        reason=configuration.get("LastUpdateStatusReason")
        or configuration.get("StateReason")
        or "",
        modified=configuration.get("LastModified", ""),
    )


def _short(payload: Any) -> str:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return text if len(text) <= 300 else f"{text[:300]}…"
