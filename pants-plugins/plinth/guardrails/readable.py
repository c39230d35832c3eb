"""The Dockerfiles that can be read; the others have a guard of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plinth.guardrails.repository import Image
from plinth.guardrails.stages import externals, target_chain
from plinth.oci.dockerfile.parse import DockerfileError


def problem(image: Image) -> str:
    """Why the Dockerfile cannot be read, as `path:line: what`; "" where it can."""
    try:
        list(externals(image))
        target_chain(image)
    except DockerfileError as error:
        return str(error)
    return ""


def readable(images: Iterable[Image]) -> Iterator[Image]:
    return (image for image in images if not problem(image))
