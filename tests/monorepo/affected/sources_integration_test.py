"""Edits of sources."""

from __future__ import annotations

import pytest

from monorepo.clone import Clone
from monorepo.scenario import Scenario
from monorepo.table.sources import SOURCES


@pytest.mark.parametrize("scenario", SOURCES, ids=lambda scenario: scenario.name)
def test_scenario(clone: Clone, scenario: Scenario) -> None:
    assert clone.complaints(scenario) == []
