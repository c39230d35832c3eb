from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.code.rules import rules as code_rules
from plinth.guardrails.util_rules import (
    handlers,
    images,
    lint,
    locks,
    requirements,
    sources,
    verdict,
)


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *code_rules(),
        *handlers.rules(),
        *images.rules(),
        *lint.rules(),
        *locks.rules(),
        *requirements.rules(),
        *sources.rules(),
        *verdict.rules(),
    ]
