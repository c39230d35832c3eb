"""`./pants help` and `help-all` of what the plugins add, which editors and completion read."""

from __future__ import annotations

import pytest
from pants.engine.target import Target
from pants.engine.unions import UnionMembership
from pants.help.help_info_extracter import TargetTypeHelpInfo

import plinth.debian.register
import plinth.images.register
import plinth.layers.register

BACKENDS = (plinth.debian.register, plinth.images.register, plinth.layers.register)
TYPES = [
    pytest.param(target_type, id=target_type.alias)
    for backend in BACKENDS
    for target_type in backend.target_types()
]


@pytest.mark.parametrize("target_type", TYPES)
def test_a_target_type_can_be_described(target_type: type[Target]) -> None:
    info = TargetTypeHelpInfo.create(
        target_type,
        union_membership=UnionMembership({}),
        get_field_type_provider=None,
        provider="plinth",
    )
    assert {field.alias for field in info.fields} >= {"description", "tags"}
