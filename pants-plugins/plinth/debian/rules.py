from __future__ import annotations

from plinth.archive import builder
from plinth.debian.util_rules import root


def rules():
    return [*builder.rules(), *root.rules()]
