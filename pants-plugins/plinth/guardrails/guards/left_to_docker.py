"""An image whose bytes Docker makes, with a network and the time of day."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.readable import readable
from plinth.guardrails.repository import Repository
from plinth.oci.dockerfile.instructions import Unassemblable
from plinth.oci.dockerfile.parse import parse_dockerfile
from plinth.oci.dockerfile.parse_instructions import parse_instructions


def judge(repository: Repository) -> Iterator[Sighting]:
    for image in readable(repository.images):
        for found in parse_instructions(parse_dockerfile(image.content, image.path)):
            if isinstance(found, Unassemblable):
                keyword = found.statement.keyword
                yield Sighting(
                    image.path,
                    image.line(found.statement.line),
                    keyword,
                    f"{keyword}: {found.reason}, so Docker must build this image",
                    "Let a target make the files (`python_layer`, `debian_root`, `files`) and ADD "
                    "its tar.",
                )


GUARD = Guard(
    "left-to-docker",
    "An instruction that runs a command or downloads while the image is built",
    "Two builds of one commit differ, and what the command fetched is in no lock.",
    judge,
)
