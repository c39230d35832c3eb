"""An image that asks to be run as root."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.readable import readable
from plinth.guardrails.repository import Repository
from plinth.guardrails.stages import target_chain
from plinth.oci.dockerfile.instructions import User


def judge(repository: Repository) -> Iterator[Sighting]:
    for image in readable(repository.images):
        users = [
            found
            for stage in target_chain(image)
            for found in stage.instructions
            if isinstance(found, User)
        ]
        # Only the last counts: a build may need root in between.
        if users and users[-1].name.strip("\"'").partition(":")[0] in ("root", "0"):
            yield Sighting(
                image.path,
                image.line(users[-1].statement.line),
                users[-1].name,
                f"USER {users[-1].name}: whoever runs it elsewhere than in Lambda is root",
                "Leave USER out: Lambda runs every image as a user of its own.",
            )


GUARD = Guard(
    "root-user",
    "An image that is run as root",
    "What breaks out of a process of root's is root.",
    judge,
)
