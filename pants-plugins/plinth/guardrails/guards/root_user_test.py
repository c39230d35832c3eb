from __future__ import annotations

from typing import Any

import pytest

from plinth.guardrails.guards.root_user import GUARD
from plinth.guardrails.testing.seen import in_image


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (("FROM scratch", "USER root"), ["2 root"]),
        (("FROM scratch", "USER 0"), ["2 0"]),
        (("FROM scratch", "USER 0:1000"), ["2 0:1000"]),
        (("FROM scratch", "USER 1000", "USER root"), ["3 root"]),
        (("FROM scratch AS a", "USER root", "FROM a"), ["2 root"]),
    ],
)
def test_root_is_caught(lines: tuple[str, ...], found: list[str]) -> None:
    assert in_image(GUARD, *lines) == found


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        (("FROM scratch",), {}),
        (("FROM scratch", "USER 1000"), {}),
        (("FROM scratch", "USER root", "USER app"), {}),
        (("FROM scratch", "USER rooted"), {}),
        (("FROM scratch AS a", "USER root", "FROM a", "USER app"), {}),
        (("FROM scratch AS a", "USER root", "FROM scratch"), {}),
        (("FROM scratch AS a", "USER app", "FROM a", "USER root"), {"stage": "a"}),
        (("FROM scratch", "# USER root"), {}),
    ],
)
def test_another_user_is_left_alone(lines: tuple[str, ...], more: dict[str, Any]) -> None:
    assert in_image(GUARD, *lines, **more) == []
