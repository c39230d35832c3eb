"""What a promotion is refused for, and that a refusal changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.core.errors import Refused
from delivery_testing.world import World

# For an environment of a world.
ANYBODY = 'overrides = {lift-hold = ["*"], skip-soak = ["*"]}'


def refused(aws: World, release: str, environment: str = "dev", **more: Any) -> dict[str, str]:
    """The gates that are closed, with what they say; and that nothing was changed."""
    serving, length = aws.serves(environment), len(aws.chain(environment))
    with pytest.raises(Refused) as raised:
        aws.promote(release, environment, **more)
    assert aws.serves(environment) == serving
    assert len(aws.chain(environment)) == length
    return {each.gate: str(each) for each in raised.value.refusals}
