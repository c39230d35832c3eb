from __future__ import annotations

from collections.abc import Iterable

from pants.core.util_rules import source_files
from pants.engine.rules import Rule
from pants.engine.unions import UnionRule
from pants.source import source_root

from plinth.archive.util_rules import builder
from plinth.debian.util_rules import root
from plinth.layers.util_rules import (
    clash,
    content,
    layer,
    lock,
    parts,
    runtime,
    third_party,
    wheel_file,
)


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *builder.rules(),
        *clash.rules(),
        *content.rules(),
        *layer.rules(),
        *lock.rules(),
        *parts.rules(),
        *root.rules(),
        *runtime.rules(),
        *source_files.rules(),
        *source_root.rules(),
        *third_party.rules(),
        *wheel_file.rules(),
    ]
