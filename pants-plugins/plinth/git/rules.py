from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.git.util_rules import as_committed, commit, options, tree


def rules() -> Iterable[Rule | UnionRule]:
    return [rule for module in (as_committed, commit, options, tree) for rule in module.rules()]
