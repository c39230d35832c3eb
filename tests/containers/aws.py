"""moto's server: S3, Secrets Manager and the rest of AWS over real HTTP, on loopback."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config
from moto.server import ThreadedMotoServer

from ingestion_testing import aws_limits

REGION = "eu-west-2"


@dataclass(frozen=True)
class Aws:
    """An AWS of this test's own at `endpoint`."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What makes an AWS SDK use this AWS and nothing of the machine's."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
        }

    def client(self, service: str) -> Any:
        """A client for the test itself."""
        return botocore.session.get_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(s3={"addressing_style": "path"}),
        )


@contextmanager
def running_aws() -> Iterator[Aws]:
    """An empty AWS with AWS's limits, on a port of the loopback interface that the kernel chose."""
    # A line for each request would bury what a failing test has to say.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        aws = Aws(f"http://127.0.0.1:{port}")
        # What is stored belongs to the process, not to the server.
        urllib.request.urlopen(
            urllib.request.Request(f"{aws.endpoint}/moto-api/reset", method="POST"), timeout=10
        ).close()
        with aws_limits.enforced():
            yield aws
    finally:
        server.stop()
