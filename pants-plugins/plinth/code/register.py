"""The first backend: from here on it is on record which bytes of Plinth this process runs."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.code.rules import rules as code_rules


def rules() -> Iterable[Rule | UnionRule]:
    return code_rules()
