"""Where moto 5.2.5 answers otherwise than AWS, put right. Delivery is written for AWS alone.

By AWS's API reference, in our words:

- GetFunction: `ResolvedImageUri` is where the image's address led to, `repository@sha256:…`, also
  for a tag. moto cuts the address at its first colon, and hashes the address itself.
- UpdateAlias: with a `RevisionId` an alias is only changed while it has that one, else
  `PreconditionFailedException`; each change gives it a new one. moto does not look at it.
- UpdateFunctionCode, PublishVersion: the same for functions. moto's have no `RevisionId`.
- UpdateFunctionCode: `LastUpdateStatus` is `InProgress` until Lambda has the image, and until then
  another update is a `ResourceConflictException`. moto's updates end at once.
- PublishVersion: a number is never given twice, also when its version was deleted. moto counts the
  versions that there are.
- Sign: with `MessageType` `DIGEST`, KMS signs what it gets, unhashed. moto hashes it again.
- Every answer has a `Date`. In process, moto's S3 sends none.
- Invoke runs the image. moto needs Docker and an image of its own for that; here the test answers.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from moto.awslambda.exceptions import LambdaClientError, PreconditionFailedException
from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction, LambdaStorage
from moto.awslambda.responses import LambdaResponse
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse

Answer = Callable[[str, str, Any], Any]


class Unhandled(Exception):
    """Raised by an `Answer`: the function failed with this error."""


@dataclass
class Behaviour:
    """What a test decides of Lambda.

    `answer` takes a function's name, its image's digest and the event. An update of a code stays in
    progress for `update_seconds`, by `clock`; of the functions `stuck` it does for ever. `ahead` is
    how far AWS' clock is before this machine's. So many more calls of an operation are `throttled`.
    """

    answer: Answer = lambda function, digest, event: {"ok": True}
    update_seconds: float = 0.0
    clock: Callable[[], float] = time.monotonic
    ahead: timedelta = timedelta()
    stuck: set[str] = field(default_factory=set)
    throttled: dict[str, int] = field(default_factory=dict)
    updated: dict[str, float] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)


@contextmanager
def corrected() -> Iterator[Behaviour]:
    """moto as AWS, until the block ends."""
    behaviour = Behaviour()
    with ExitStack() as stack:
        for owner, name, make in _CORRECTIONS:
            stack.enter_context(patch.object(owner, name, make(getattr(owner, name), behaviour)))
        yield behaviour


def _dated(original: Any, behaviour: Behaviour) -> Any:
    def answer(self: Any, event_name: str, request: Any, **named: Any) -> Any:
        operation = event_name.rpartition(".")[2]
        if self.enabled and behaviour.throttled.get(operation, 0) > 0:
            behaviour.throttled[operation] -= 1
            kind = {"x-amzn-ErrorType": "TooManyRequestsException"}
            return AWSResponse(request.url, 429, kind, MockRawResponse(b"{}"))
        found = original(self, event_name, request, **named)
        if found is not None:
            now = datetime.now(UTC) + behaviour.ahead
            found.headers["date"] = format_datetime(now, usegmt=True)
        return found

    return answer


def _set_code(original: Any, behaviour: Behaviour) -> Any:
    def set_code(self: Any, spec: dict[str, Any]) -> None:
        original(self, spec)
        _, _, digest = spec.get("ImageUri", "").partition("@sha256:")
        if digest:
            self.code_sha_256 = digest
        self.plinth_revision = str(uuid.uuid4())

    return set_code


def _get_code(original: Any, behaviour: Behaviour) -> Any:
    def get_code(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = original(self)
        image = found.get("Code", {}).get("ImageUri")
        if image:
            repository = image.partition("@")[0]
            folder, slash, name = repository.rpartition("/")
            resolved = f"{folder}{slash}{name.partition(':')[0]}@sha256:{self.code_sha_256}"
            found["Code"]["ResolvedImageUri"] = resolved
        return found

    return get_code


def _get_configuration(original: Any, behaviour: Behaviour) -> Any:
    def get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = original(self, on_create)
        found["RevisionId"] = f"{self.plinth_revision}-{self.version}"
        if _in_progress(behaviour, self.function_name):
            found["LastUpdateStatus"] = "InProgress"
        return found

    return get_configuration


def _in_progress(behaviour: Behaviour, function: str) -> bool:
    since = behaviour.updated.get(function)
    if since is None:
        return False
    return function in behaviour.stuck or behaviour.clock() - since < behaviour.update_seconds


def _update_code(original: Any, behaviour: Behaviour) -> Any:
    def update_code(self: Any) -> Any:
        function = _function(self)
        if _in_progress(behaviour, function):
            raise LambdaClientError(
                "ResourceConflictException", "An update is in progress for resource"
            )
        _check_revision(self, function)
        answer = original(self)
        behaviour.updated[function] = behaviour.clock()
        return answer

    return update_code


def _publish(original: Any, behaviour: Behaviour) -> Any:
    def publish(self: Any) -> Any:
        _check_revision(self, _function(self))
        return original(self)

    return publish


def _version(original: Any, behaviour: Behaviour) -> Any:
    def publish_version(self: Any, name: str, description: str = "") -> Any:
        known = {id(each) for each in self.list_versions_by_function(name)}
        made = original(self, name, description)
        newest = behaviour.versions.get(name, 0)
        if id(made) not in known and int(made.version) <= newest:
            made.set_version(newest + 1)
            self._arns[made.function_arn] = made
        behaviour.versions[name] = max(newest, int(made.version))
        return made

    return publish_version


def _function(response: Any) -> str:
    return str(response.path.split("/functions/")[1].split("/")[0])


def _check_revision(response: Any, function: str) -> None:
    asked = json.loads(response.body or "{}").get("RevisionId")
    there = response.backend.get_function(function).get_configuration()["RevisionId"]
    if asked and asked != there:
        raise PreconditionFailedException("The Revision Id provided does not match the latest one")


def _update_alias(original: Any, behaviour: Behaviour) -> Any:
    def update_alias(self: Any) -> Any:
        name = self.path.rsplit("/", 2)[-1]
        alias = self.backend.get_alias(name, _function(self))
        asked = json.loads(self.body).get("RevisionId")
        if asked and asked != alias.revision_id:
            raise PreconditionFailedException("The Revision Id provided does not match")
        return original(self)

    return update_alias


def _alias_update(original: Any, behaviour: Behaviour) -> Any:
    def update(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.revision_id = str(uuid.uuid4())

    return update


def _sign(original: Any, behaviour: Behaviour) -> Any:
    def sign(self: Any) -> Any:
        if self._get_param("MessageType") != "DIGEST":
            return original(self)
        backend = kms_backends[self.current_account][self.region]
        key = backend.describe_key(self._get_param("KeyId"))
        digest = self._get_param("Message")
        digest = digest if isinstance(digest, bytes) else base64.b64decode(digest)
        prehashed = utils.Prehashed(hashes.SHA256())
        private: Any = key.private_key
        signature = private.private_key.sign(digest, ec.ECDSA(prehashed))
        return json.dumps(
            {
                "KeyId": key.arn,
                "Signature": base64.b64encode(signature).decode(),
                "SigningAlgorithm": self._get_param("SigningAlgorithm"),
            }
        )

    return sign


def _invoke(original: Any, behaviour: Behaviour) -> Any:
    def invoke(
        self: Any, name: str, qualifier: str | None, body: Any, headers: Any, answer: Any
    ) -> bytes:
        function = self.get_function(name, qualifier)
        try:
            found = behaviour.answer(
                name, f"sha256:{function.code_sha_256}", json.loads(body or b"null")
            )
        except Unhandled as error:
            answer["x-amz-function-error"] = "Unhandled"
            found = {"errorMessage": str(error), "errorType": "Exception"}
        return json.dumps(found).encode()

    return invoke


_CORRECTIONS = (
    (BotocoreStubber, "__call__", _dated),
    (LambdaFunction, "_set_function_code", _set_code),
    (LambdaFunction, "get_code", _get_code),
    (LambdaFunction, "get_configuration", _get_configuration),
    (LambdaAlias, "update", _alias_update),
    (LambdaBackend, "invoke", _invoke),
    (LambdaStorage, "publish_version", _version),
    (LambdaResponse, "update_function_code", _update_code),
    (LambdaResponse, "publish_version", _publish),
    (LambdaResponse, "update_alias", _update_alias),
    (KmsResponse, "sign", _sign),
)
