from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from plinth.sam.rules import rules as sam_rules
from plinth.sam.target_types import SamApplicationTarget


def rules() -> Iterable[Rule | UnionRule]:
    return sam_rules()


def target_types() -> Iterable[type[Target]]:
    return (SamApplicationTarget,)
