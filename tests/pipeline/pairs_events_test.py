"""A second operation in the middle of a deletion and of what moves data; see `pairs.py`."""

from __future__ import annotations

import pytest

from ingestion_testing.fixtures import Started
from pipeline import pairs
from pipeline.product_model import Operation


@pytest.mark.parametrize("first", pairs.named(pairs.EVENTS))
def test_two_at_once_are_as_if_one_came_after_the_other(
    first: Operation, environment: None, started: Started
) -> None:
    pairs.hold("tables and loads", first)
