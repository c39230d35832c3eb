"""Sessions and clients of AWS: one per environment, with its role, within Lambda's rate."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config as ClientConfig
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader
from botocore.session import Session, get_session

from delivery.core.errors import AwsError

# Lambda counts these apart from its control plane, with limits of their own (100 a second, and the
# function's concurrency): its quotas page, "API requests".
_NOT_CONTROL_PLANE = ("GetFunction", "Invoke")
_GET_FUNCTION_RATE = 100.0
# What was sent a second apart arrives closer together when the second one was faster.
_CLOSER = 0.05
# So many functions are worked on at once: nearly all of that time is waiting for Lambda.
CONNECTIONS = 100
# A lambda's longest run is 15 minutes; nothing smoke-tests for more than one.
_CONFIG = ClientConfig(
    retries={"mode": "standard", "total_max_attempts": 8},
    connect_timeout=5,
    read_timeout=70,
    max_pool_connections=CONNECTIONS,
)


class Rate:
    """At most `per_second` calls in any second; below one a second, they are that far apart.

    A window that slides: a bucket of tokens would let twice as many out in its first second.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._window = max(1.0, 1 / per_second) + _CLOSER
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        # When the last calls go out, oldest first.
        self._sent: deque[float] = deque(maxlen=max(1, int(per_second)))

    def wait(self) -> None:
        """Returns when the next call may go out."""
        with self._lock:
            now = self._clock()
            at = now
            if len(self._sent) == self._sent.maxlen:
                at = max(now, self._sent[0] + self._window)
            self._sent.append(at)
        if at > now:
            self._sleep(at - now)


class Aws:
    """Clients by region and role. Credentials of a role are renewed by themselves."""

    def __init__(self) -> None:
        self._sessions: dict[str | None, boto3.Session] = {}
        self._clients: dict[tuple[str, str, str | None], Any] = {}
        self._loader = create_loader()
        self._lock = threading.Lock()

    def client(self, service: str, region: str, role: str | None) -> Any:
        with self._lock:
            return self._client(service, region, role)

    def lambdas(self, region: str, role: str | None, per_second: float) -> Any:
        """A client of Lambda that keeps to its control plane's rate, repeated attempts included."""
        with self._lock:
            known = ("lambda", region, role) in self._clients
            client = self._client("lambda", region, role)
            if not known:
                client.meta.events.register("before-send.lambda", _limit(per_second))
            return client

    def _client(self, service: str, region: str, role: str | None) -> Any:
        key = (service, region, role)
        if key not in self._clients:
            client = self._session(role).client(service, region_name=region, config=_CONFIG)
            client.meta.events.register("before-sign.s3.PutObject", _send_at_once)
            self._clients[key] = client
        return self._clients[key]

    def caller(self, region: str) -> str:
        """Who we are: the ARN of the credentials that the command was started with."""
        with explained("who you are cannot be asked"):
            arn: str = self.client("sts", region, None).get_caller_identity()["Arn"]
        return arn

    def _session(self, role: str | None) -> boto3.Session:
        if role not in self._sessions:
            session = _assumed(role) if role else get_session()
            # What services look like is a second's work to read, and the same for every role.
            session.register_component("data_loader", self._loader)
            self._sessions[role] = boto3.Session(botocore_session=session)
        return self._sessions[role]


def _send_at_once(request: Any, **_: Any) -> None:
    """Botocore asks S3 first whether it may send: of a ledger entry that doubles the time."""
    del request.headers["Expect"]


def _limit(per_second: float) -> Callable[..., None]:
    """What a client of Lambda does before each attempt of a call."""
    control, functions = Rate(per_second), Rate(_GET_FUNCTION_RATE)

    def before_send(event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        if operation == "GetFunction":
            functions.wait()
        elif operation not in _NOT_CONTROL_PLANE:
            control.wait()

    return before_send


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turns what AWS answers into an `AwsError` that begins with `what`."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise AwsError(f"{what}: {error}.{_hint(code)}") from error
    except BotoCoreError as error:
        raise AwsError(f"{what}: {error}.{_hint(type(error).__name__)}") from error


def code_of(error: ClientError) -> str:
    """The error's code, such as `ResourceNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


_HINTS = {
    ("ExpiredToken", "ExpiredTokenException", "RequestExpired"): (
        "Your session has ended: log in again, then run the same command; what it had begun, "
        "`delivery resume ENV` finishes"
    ),
    ("NoCredentialsError", "UnrecognizedClientException", "InvalidClientTokenId"): (
        "Log in first, for instance with `aws sso login`, and check AWS_PROFILE"
    ),
    ("AccessDenied", "AccessDeniedException"): (
        "docs/delivery.md lists what each role must be allowed"
    ),
    ("NoSuchBucket",): (
        "`bucket` of [ledger] in delivery.toml names it; deploy/terraform/shared makes one"
    ),
    ("NotFoundException",): (
        "`key` in delivery.toml names a KMS key or its alias, in `region` and for `role`"
    ),
    ("RequestTimeTooSkewed", "InvalidSignatureException"): "Check this machine's clock",
    ("TooManyRequestsException", "ThrottlingException", "SlowDown"): (
        "AWS still throttles after 8 attempts: lower requests_per_second in delivery.toml"
    ),
}


def _hint(code: str) -> str:
    for codes, hint in _HINTS.items():
        if code in codes:
            return f" {hint}."
    return ""


def _assumed(role: str) -> Session:
    """A session of a role. Its credentials are fetched at the first call and renewed in time."""
    source = get_session()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.create_client,
        source_credentials=source.get_credentials(),
        role_arn=role,
        extra_args={"RoleSessionName": "plinth-delivery"},
    )
    assumed = get_session()
    assumed._credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return assumed
