from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.guardrails.rules import rules as guardrails_rules


def rules() -> Iterable[Rule | UnionRule]:
    return guardrails_rules()
