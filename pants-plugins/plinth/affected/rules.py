from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.affected.goals import affected
from plinth.affected.util_rules import build_files, graph, imports


def rules() -> Iterable[Rule | UnionRule]:
    return [*affected.rules(), *build_files.rules(), *graph.rules(), *imports.rules()]
