"""Edits of BUILD files and of locks, and of what an import that may fail finds."""

from __future__ import annotations

import pytest

from monorepo.clone import Clone
from monorepo.scenario import Scenario
from monorepo.table.build_files import BUILD_FILES
from monorepo.table.locks import LOCKS
from monorepo.table.weak_imports import WEAK_IMPORTS


@pytest.mark.parametrize(
    "scenario", [*BUILD_FILES, *LOCKS, *WEAK_IMPORTS], ids=lambda scenario: scenario.name
)
def test_scenario(clone: Clone, scenario: Scenario) -> None:
    assert clone.complaints(scenario) == []
