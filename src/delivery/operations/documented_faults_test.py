"""docs/delivery.md names a test for each fault and attack, and there are no others.

A fault that is tested and not in the table is one that nobody can look up.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from delivery.operations import (
    attacks_test,
    canary_test,
    entry_crash_test,
    faults_test,
    promote_crash_test,
    refusal_crash_test,
    rollback_crash_test,
    rollback_test,
    two_at_once_test,
)

# All their tests are of a fault or an attack.
OF_FAULTS = (attacks_test, faults_test, two_at_once_test, refusal_crash_test)
OTHERS = (canary_test, entry_crash_test, promote_crash_test, rollback_crash_test, rollback_test)


def documented() -> set[str]:
    text = Path("docs/delivery.md").read_text()
    section = text.partition("## What goes wrong")[2].partition("\n## ")[0]
    return set(re.findall(r"`(test_\w+)`", section))


def all_of(*modules: ModuleType) -> set[str]:
    return {name for module in modules for name in vars(module) if name.startswith("test_")}


def test_every_test_that_is_named_is_there() -> None:
    assert documented() <= all_of(*OF_FAULTS, *OTHERS)


def test_every_fault_is_named() -> None:
    assert all_of(*OF_FAULTS) <= documented()
