"""For the guards' tests: what a guard finds, as short as a table wants it."""

from __future__ import annotations

from typing import Any

from plinth.guardrails.finding import Guard
from plinth.guardrails.repository import Image, Repository

PINNED = "registry.example/a@sha256:" + "0" * 64


def seen(guard: Guard, **repository: Any) -> list[str]:
    """Where and what, `path:line name`, in order. A finding must say what is wrong, and what to
    do."""
    found = list(guard.findings(Repository(**repository)))
    for each in found:
        assert each.guard == guard.id
        assert each.what
        assert not each.what.endswith(".")
        assert each.fix.endswith(".")
    return [f"{each.where} {each.name}" for each in found]


def image(*lines: str, **more: Any) -> Image:
    return Image("Dockerfile", "\n".join(lines).encode() + b"\n", **more)


def in_image(guard: Guard, *lines: str, **more: Any) -> list[str]:
    """What it finds in one Dockerfile of these lines, `line name`."""
    found = seen(guard, images=(image(*lines, **more),))
    return [each[len("Dockerfile") :].lstrip(":") for each in found]
