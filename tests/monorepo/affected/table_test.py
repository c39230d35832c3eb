from __future__ import annotations

from collections import Counter

from monorepo.table.build_files import BUILD_FILES
from monorepo.table.links import LINKS
from monorepo.table.locks import LOCKS
from monorepo.table.settings import SETTINGS
from monorepo.table.sources import SOURCES
from monorepo.table.unseen import UNSEEN
from monorepo.table.weak_imports import WEAK_IMPORTS

ALONE = (*SOURCES, *BUILD_FILES, *LOCKS, *UNSEEN, *LINKS, *WEAK_IMPORTS)
TABLE = (*ALONE, *(scenario for together in SETTINGS for scenario in together.scenarios))


def test_the_table_is_of_different_scenarios() -> None:
    names = Counter(scenario.name for scenario in TABLE)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(TABLE) >= 100


def test_what_is_made_at_once_can_be_told_apart() -> None:
    for together in SETTINGS:
        reaching = [each for each in together.scenarios if each.images or each.tests]
        if len(together.scenarios) > 1:
            chains = [each.chain for each in reaching]
            assert all(chains)
            assert [a for a in chains for b in chains if a is not b and a in b] == []
