"""AWS clients, each made once and on first use, from the `AWS_*` settings.

They are botocore's own: making an S3 client through boto3 costs another 0.15 s of a cold start for
transfer helpers that the pipeline does not use.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from ingestion import settings

SERVICES = ("glue", "lambda", "s3", "secretsmanager")
"""The AWS services that the pipeline uses; `client` knows no other."""

FAILURES = (ClientError, BotoCoreError, OSError)
"""What is raised when AWS fails, or the way to it; the same again may go well."""

_CONNECT_SECONDS = 5
_READ_SECONDS = 30
_ATTEMPTS = 4


class _Loader(Loader):  # type: ignore[misc]
    """botocore's loader, which need not look for the services' models in 400 folders: 30 ms."""

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


@cache
def client(service: str) -> Any:
    """The client of one AWS service, of `SERVICES`.

    botocore itself reads `AWS_ENDPOINT_URL` and, for one service, `AWS_ENDPOINT_URL_<SERVICE>`.
    """
    # A local endpoint has one host for all buckets. At AWS's own the virtual style is asked for by
    # name, since without it a presigned URL points to the global host, which redirects new buckets.
    addressing = "path" if settings.is_s3_elsewhere() else "virtual"
    session = botocore.session.get_session()
    session.register_component("data_loader", _Loader())
    return session.create_client(
        service,
        region_name=settings.aws_region(),
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": addressing},
        ),
    )


def error_code(error: ClientError) -> str:
    """AWS's code of a failed call, such as "NoSuchKey" (of a HEAD request the status, "404")."""
    return str(error.response.get("Error", {}).get("Code", ""))
