"""The pipeline in the containers that Pants has built, for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from containers.unready import or_stop
from ingestion_testing.fixtures import environment, s3, started
from pipeline.deployment import Pipeline, deployed

__all__ = ["environment", "log", "pipeline", "s3", "started"]


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    with ExitStack() as block:
        with or_stop():
            deployment = block.enter_context(deployed(Path()))
            # A registry that does not answer is no matter of the first test, nor of each.
            deployment.functions.bring_base()
        yield deployment


@pytest.fixture
def log(pipeline: Pipeline) -> Iterator[None]:
    """What the containers wrote, for pytest to show when a test fails."""
    yield
    print(pipeline.functions.logs())
