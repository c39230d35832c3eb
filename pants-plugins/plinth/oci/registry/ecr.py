"""Amazon ECR: a login through boto3, and repositories that are made when they are missing.

Its registries are `<account>.dkr.ecr.<region>.amazonaws.com`. Who one is there, boto3 finds as the
AWS command line does.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from typing import Any, Callable

from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import docker_credentials
from plinth.oci.registry.credentials import Credentials
from plinth.oci.registry.transport import RegistryError

_HOST = re.compile(r"([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
# A token that is about to run out is not begun with.
_MARGIN_SECONDS = 300

ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""Where boto3 finds out who one is."""


def is_ecr(host: str) -> bool:
    """Whether the registry is one of Amazon's."""
    return _HOST.fullmatch(host) is not None


def _client(region: str) -> Any:
    # Not needed, and not there, where no registry is Amazon's.
    import boto3  # pants: no-infer-dep

    return boto3.client("ecr", region_name=region)


class Ecr:
    """Credentials and repositories of ECR's registries; other registries are left to Docker's ways.

    Serves several threads at once. `now` is the time, in seconds since 1970.
    """

    def __init__(
        self, client: Callable[[str], Any] = _client, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Credentials, float]] = {}
        self._there: set[Repository] = set()

    def credentials(self, host: str) -> Credentials | None:
        """What lets one in to the registry; a token that has run out is renewed."""
        found = _HOST.fullmatch(host)
        if found is None:
            return docker_credentials(host)
        with self._lock:
            known, end = self._known.get(host, (None, 0.0))
            if known is None or end - self._now() < _MARGIN_SECONDS:
                known, end = self._login(*found.groups())
                self._known[host] = known, end
            return known

    def _login(self, account: str, region: str) -> tuple[Credentials, float]:
        answer = _asked(region, lambda: self._client(region).get_authorization_token())
        (data,) = answer["authorizationData"]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return Credentials(user, password), data["expiresAt"].timestamp()

    def prepare(self, repository: Repository) -> None:
        """Make a repository of ECR, with tags that cannot be moved, unless it is there."""
        found = _HOST.fullmatch(repository.host)
        with self._lock:
            if found is None or repository in self._there:
                return
            account, region = found.groups()
            client = self._client(region)
            try:
                client.create_repository(
                    registryId=account,
                    repositoryName=repository.path,
                    imageTagMutability="IMMUTABLE",
                )
            except client.exceptions.RepositoryAlreadyExistsException:
                pass
            except Exception as error:
                raise _failed(region, error) from error
            self._there.add(repository)


def _asked(region: str, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    # Whatever boto3 and its credential providers raise has no common class.
    except Exception as error:
        raise _failed(region, error) from error


def _failed(region: str, error: Exception) -> RegistryError:
    return RegistryError(
        f"Amazon ECR in {region}: {error}. See `aws sts get-caller-identity` for who you are there."
    )
