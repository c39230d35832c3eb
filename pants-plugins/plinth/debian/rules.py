from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.archive.util_rules import builder
from plinth.debian.util_rules import parts, root


def rules() -> Iterable[Rule | UnionRule]:
    return [*builder.rules(), *parts.rules(), *root.rules()]
