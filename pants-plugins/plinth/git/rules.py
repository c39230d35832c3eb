from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.git.util_rules import commit, process


def rules() -> Iterable[Rule | UnionRule]:
    return [*commit.rules(), *process.rules()]
