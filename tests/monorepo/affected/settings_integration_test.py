"""Edits of what the build itself is made of. Pants starts anew for each state."""

from __future__ import annotations

import pytest

from monorepo.clone import Clone
from monorepo.scenario import Together
from monorepo.table.settings import SETTINGS


@pytest.mark.parametrize("together", SETTINGS, ids=lambda together: together.name)
def test_state(clone: Clone, together: Together) -> None:
    assert clone.complaints_together(together) == []
