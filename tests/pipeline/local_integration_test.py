"""Sample events to lambdas of the pipeline, as `./pants invoke` sends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from containers.engine import connect
from containers.images import bring_into, stack_at
from containers.unready import or_stop


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    """Docker has the base, which every image stands on."""
    with or_stop():
        client = connect()
        try:
            bring_into(client, stack_at("base/image"))
        finally:
            client.close()


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("landing_to_raw", "landed_file", {"outcome": "raw"}),
        ("preview_data", "text", {"statusCode": 200}),
        ("authorizer", "right_token", {"principalId": "data-producer"}),
    ],
)
def test_a_sample_event_finds_what_it_is_about(
    name: str, event: str, expected: dict[str, Any]
) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pipeline.local"),
            *("--layout", f"lambdas.{name}/image", "--base-layout", "base/image"),
            *("--event", f"lambdas/{name}/events/{event}.json"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout).items() >= expected.items()
