"""The AWS that the caller's own environment and profiles name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import botocore.session
from botocore.exceptions import BotoCoreError

from containers.errors import HarnessError


@contextmanager
def aws_of_environment() -> Iterator[Mapping[str, str]]:
    """What makes a function use that AWS: endpoints, region, and the credentials of this moment.

    Raises `HarnessError` when no region or no credentials are found.
    """
    try:
        session = botocore.session.get_session()
        # botocore itself knows the second name only.
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        raise HarnessError(f"--aws=environment: {error}") from error
    if not region:
        raise HarnessError("--aws=environment: no region. Set AWS_REGION, or choose AWS_PROFILE.")
    if keys is None:
        raise HarnessError("--aws=environment: no credentials. Log in, or choose AWS_PROFILE.")
    yield {
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_")},
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        **({"AWS_SESSION_TOKEN": keys.token} if keys.token else {}),
    }
