from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.images.rules import rules as image_rules
from plinth.sam.goals import package
from plinth.sam.util_rules import application, handlers, record


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *application.rules(),
        *handlers.rules(),
        *image_rules(),
        *package.rules(),
        *record.rules(),
    ]
