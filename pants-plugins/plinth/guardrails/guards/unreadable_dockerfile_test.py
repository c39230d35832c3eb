from __future__ import annotations

import pytest

from plinth.guardrails.guards.unreadable_dockerfile import GUARD
from plinth.guardrails.table import GUARDS
from plinth.guardrails.testing.seen import image, in_image, seen

MALFORMED = (
    (("FRM scratch",), "1 Dockerfile"),
    (("FROM",), "1 Dockerfile"),
    (("FROM scratch", "COPY a"), "2 Dockerfile"),
    (("FROM scratch", "RUN <<E", "true"), "2 Dockerfile"),
    (("CMD x",), "1 Dockerfile"),
    (("ARG A='x", "FROM $A"), "1 Dockerfile"),
    (("",), "1 Dockerfile"),
)


@pytest.mark.parametrize(("lines", "found"), MALFORMED)
def test_what_cannot_be_read_is_caught(lines: tuple[str, ...], found: str) -> None:
    assert in_image(GUARD, *lines) == [found]


def test_a_stage_that_is_missing_is_caught() -> None:
    assert in_image(GUARD, "FROM scratch AS a", stage="b") == ["1 Dockerfile"]


@pytest.mark.parametrize(("lines", "_"), MALFORMED)
def test_no_other_guard_stumbles_over_it(lines: tuple[str, ...], _: str) -> None:
    for guard in GUARDS:
        assert seen(guard, images=(image(*lines),)) == [] or guard is GUARD


@pytest.mark.parametrize(
    "lines",
    [("FROM scratch",), ("ARG A=b", "FROM a:$A"), ("FROM scratch", "ONBUILD RUN <<E", "x", "E")],
)
def test_what_can_be_read_is_left_alone(lines: tuple[str, ...]) -> None:
    assert in_image(GUARD, *lines) == []
