"""Edits of links, and edits that git does not show."""

from __future__ import annotations

import pytest

from monorepo.clone import Clone
from monorepo.scenario import Scenario
from monorepo.table.links import LINKS
from monorepo.table.unseen import UNSEEN


@pytest.mark.parametrize("scenario", [*UNSEEN, *LINKS], ids=lambda scenario: scenario.name)
def test_scenario(clone: Clone, scenario: Scenario) -> None:
    assert clone.complaints(scenario) == []
