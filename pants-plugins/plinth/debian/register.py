"""Debian packages for container images: a lock, and root file systems made from it."""

from __future__ import annotations

from plinth.debian import rules as debian_rules
from plinth.debian.target_types import DebianRootTarget


def target_types():
    return [DebianRootTarget]


def rules():
    return debian_rules.rules()
