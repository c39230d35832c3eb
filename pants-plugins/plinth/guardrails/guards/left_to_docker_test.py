from __future__ import annotations

import pytest

from plinth.guardrails.guards.left_to_docker import GUARD
from plinth.guardrails.testing.seen import PINNED, in_image

BASE = f"FROM {PINNED}"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("RUN pip install x", "RUN"),
        ("RUN --network=none true", "RUN"),
        ("ADD https://example.com/x.tar /", "ADD"),
        ("ADD git@example.com:a/b.git /", "ADD"),
        ("ONBUILD RUN true", "ONBUILD"),
        ("COPY --from=tools /a /b", "COPY"),
        ("COPY --parents a /b", "COPY"),
        ("COPY <<E /a\ntext\nE", "COPY"),
    ],
)
def test_what_only_docker_builds_is_caught(line: str, name: str) -> None:
    assert in_image(GUARD, BASE, line) == [f"2 {name}"]


def test_a_stage_that_is_not_built_is_caught_too() -> None:
    assert in_image(GUARD, BASE, "RUN true", BASE) == ["2 RUN"]


def test_another_builder_is_caught() -> None:
    assert in_image(GUARD, "# syntax=example/own:1", BASE) == ["2 FROM"]


@pytest.mark.parametrize(
    "line",
    [
        "ADD a.tar /",
        "COPY a b /c/",
        "COPY --chown=1:1 --chmod=644 a /b",
        'CMD ["run", "RUN pip install x"]',
        "# RUN true",
        "ENV RUN=x",
    ],
)
def test_what_is_assembled_is_left_alone(line: str) -> None:
    assert in_image(GUARD, "# syntax=docker/dockerfile:1", BASE, line) == []
