"""A secret that becomes part of an image, readable by all who can pull it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.readable import readable
from plinth.guardrails.repository import Image, Repository
from plinth.oci.dockerfile.instructions import Arg, Env, Label
from plinth.oci.dockerfile.parse import parse_dockerfile
from plinth.oci.dockerfile.parse_instructions import parse_instructions

_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRETS?|TOKEN|API_?KEY|ACCESS_KEY(?:_ID)?|PRIVATE_KEY"
    r"|CREDENTIALS?)$",
    re.IGNORECASE,
)
# Keys of AWS, GitHub, Slack and PyPI; signed tokens; keys as text.
_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{36}|\bgithub_pat_\w{22}|\bxox[abprs]-\w"
    r"|\bpypi-[\w-]{16}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def judge(repository: Repository) -> Iterator[Sighting]:
    for image in readable(repository.images):
        for line, kind, name, value in _set(image):
            # An argument has its value from whoever builds; `docker history` shows it.
            is_named = _NAME.search(name) and (value != "" or kind == "ARG") and "$" not in value
            if is_named or _VALUE.search(value):
                yield Sighting(
                    image.path,
                    image.line(line),
                    name,
                    f"{kind} {name} puts a secret into the image, where all who pull it can read "
                    "it",
                    "Let the function read it when it starts: from Secrets Manager, by a name in "
                    f"{name}_ARN.",
                )


def _set(image: Image) -> Iterator[tuple[int, str, str, str]]:
    """The variables and arguments with line, kind, name and value."""
    for name, value in sorted(image.build_args.items()):
        yield 0, "the build argument", name, value or ""
    for found in parse_instructions(parse_dockerfile(image.content, image.path)):
        if isinstance(found, (Arg, Env, Label)):
            for name, value in found.pairs:
                bare = (value or "").strip("\"'")
                yield found.statement.line, found.statement.keyword, name, bare


GUARD = Guard(
    "secret-in-image",
    "A secret in an image's arguments, variables or labels",
    "An image is copied to registries and caches. A secret in it cannot be taken back.",
    judge,
)
