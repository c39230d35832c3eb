from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.affected.goals import affected
from plinth.affected.util_rules import document, entries, unowned


def rules() -> Iterable[Rule | UnionRule]:
    return [*affected.rules(), *document.rules(), *entries.rules(), *unowned.rules()]
