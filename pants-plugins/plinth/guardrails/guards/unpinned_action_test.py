from __future__ import annotations

import pytest

from plinth.guardrails.guards.unpinned_action import GUARD
from plinth.guardrails.repository import Workflow
from plinth.guardrails.testing.seen import seen

COMMIT, DIGEST = "0" * 40, "sha256:" + "0" * 64
STEP = "jobs:\n  a:\n    steps:\n      - "


def found(text: str) -> list[str]:
    return seen(GUARD, workflows=(Workflow("w.yml", text),))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (STEP + "uses: actions/checkout@v4", "4 actions/checkout"),
        (STEP + "uses: 'actions/checkout@main'", "4 actions/checkout"),
        (STEP + '"uses": actions/checkout@main', "4 actions/checkout"),
        (STEP + "{uses: actions/checkout@v4}", "4 actions/checkout"),
        (STEP + "uses: actions/checkout", "4 actions/checkout"),
        (STEP + f"uses: actions/checkout@{COMMIT[1:]}", "4 actions/checkout"),
        (STEP + "uses: >-\n          a/b@v1", "4 a/b"),
        (STEP + "uses: docker://alpine:3", "4 docker://alpine:3"),
        ("jobs:\n  a:\n    uses: o/r/w/x.yml@main", "3 o/r/w/x.yml"),
        ("runs:\n  using: composite\n  steps:\n    - uses: a/b@v1", "4 a/b"),
        ("runs:\n  using: docker\n  image: docker://alpine", "3 alpine"),
        ("jobs:\n  a:\n    container: node:20", "3 node:20"),
        ("jobs:\n  a:\n    container:\n      image: node:20", "4 node:20"),
        ("jobs:\n  a:\n    services:\n      r:\n        image: redis", "5 redis"),
        ("jobs: [", "2 w.yml"),
    ],
)
def test_what_can_move_is_caught(text: str, name: str) -> None:
    assert found(text + "\n") == [f"w.yml:{name}"]


@pytest.mark.parametrize(
    "text",
    [
        STEP + f"uses: actions/checkout@{COMMIT} # v4.1.0",
        STEP + f"uses: github/codeql-action/init@{COMMIT}",
        STEP + f"uses: docker://alpine@{DIGEST}",
        STEP + "uses: ./.github/actions/prepare",
        STEP + "uses: $/.github/actions/prepare",
        STEP + "run: 'echo uses: a/b@v1'",
        STEP + f"uses: a/b@{COMMIT}\n        with:\n          image: alpine\n          uses: x",
        STEP + "# uses: a/b@v1",
        f"jobs:\n  a:\n    container: node@{DIGEST}",
        "runs:\n  using: docker\n  image: Dockerfile",
        "",
    ],
)
def test_what_cannot_move_is_left_alone(text: str) -> None:
    assert found(text + "\n") == []
