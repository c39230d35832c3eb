"""Layers of images from Python code and the lock: `python_layer`, `wheel_file`."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from plinth.layers import rules as layer_rules
from plinth.layers.target_types import PythonLayerTarget, WheelFileTarget
from plinth.layers.util_rules import unowned


def target_types() -> Iterable[type[Target]]:
    return [PythonLayerTarget, WheelFileTarget]


def rules() -> Iterable[Rule | UnionRule]:
    return [*layer_rules.rules(), *unowned.rules()]
