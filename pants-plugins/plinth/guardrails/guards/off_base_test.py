from __future__ import annotations

import pytest

from plinth.guardrails.guards.off_base import GUARD
from plinth.guardrails.repository import Image
from plinth.guardrails.testing.seen import seen

BASE = Image("base/Dockerfile", b"FROM scratch", "base:image")


def lambda_on(base: str) -> Image:
    return Image("lambdas/a/BUILD", b"", "lambdas/a:image", base=base, is_lambda=True)


@pytest.mark.parametrize("base", ["", "tools:image", "lambdas/a:image", "tools:other"])
def test_a_lambda_beside_the_base_is_caught(base: str) -> None:
    other = Image("tools/Dockerfile", b"", "tools:image")
    found = seen(GUARD, images=(BASE, other, lambda_on(base)), base="base:image")
    assert found == ["lambdas/a/BUILD lambdas/a:image"]


@pytest.mark.parametrize("base", ["base:image", "tools:image"])
def test_a_lambda_on_the_base_is_left_alone(base: str) -> None:
    between = Image("tools/Dockerfile", b"", "tools:image", base="base:image")
    assert seen(GUARD, images=(BASE, between, lambda_on(base)), base="base:image") == []


def test_other_images_are_left_alone() -> None:
    other = Image("tools/Dockerfile", b"", "tools:image")
    assert seen(GUARD, images=(BASE, other), base="base:image") == []
