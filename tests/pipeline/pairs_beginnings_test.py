"""A second operation in the middle of a product's first ones; see `pairs.py`."""

from __future__ import annotations

import pytest

from ingestion_testing.fixtures import Started
from pipeline import pairs
from pipeline.product_model import Operation


@pytest.mark.parametrize("first", pairs.named(pairs.BEGINNINGS["nothing"]))
def test_of_nothing(first: Operation, environment: None, started: Started) -> None:
    pairs.hold("nothing", first)


@pytest.mark.parametrize("first", pairs.named(pairs.BEGINNINGS["a product"]))
def test_of_a_product(first: Operation, environment: None, started: Started) -> None:
    pairs.hold("a product", first)
