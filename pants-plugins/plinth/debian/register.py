"""Debian packages for container images: a lock, and root file systems made from it."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from plinth.debian import rules as debian_rules
from plinth.debian.target_types import DebianRootTarget


def target_types() -> Iterable[type[Target]]:
    return (DebianRootTarget,)


def rules() -> Iterable[Rule | UnionRule]:
    return debian_rules.rules()
