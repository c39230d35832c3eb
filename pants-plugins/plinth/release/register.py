from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.release.rules import rules as release_rules


def rules() -> Iterable[Rule | UnionRule]:
    return release_rules()
