"""A Dockerfile that nobody can judge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.readable import problem
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for image in repository.images:
        wrong = problem(image)
        if wrong:
            match = re.match(rf"{re.escape(image.path)}:(\d+): (.*)", wrong, re.DOTALL)
            line, what = (int(match[1]), match[2]) if match else (0, wrong)
            yield Sighting(
                image.path,
                image.line(line),
                image.address or image.path,
                f"it cannot be read: {what}",
                "Mend the instruction.",
            )


GUARD = Guard(
    "unreadable-dockerfile",
    "A Dockerfile that cannot be read",
    "What cannot be read cannot be judged, and builders may each read it their own way.",
    judge,
)
