"""Publishes one image that Docker built: asked for, refused and tagged as any, pushed by Docker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, Protocol

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import Descriptor
from plinth.oci.publish.one import Registries, set_tags
from plinth.oci.publish.publication import PUSHED, REFUSED, SKIPPED, DockerPublication, Outcome
from plinth.oci.registry.whole import lacking_of, names

_SKIPPED = (
    "in the registry as {}, made of the same inputs. Docker built it, so whether this build has "
    "the same bytes cannot be told"
)
_PUSHED = "{} as {}… (built and pushed by Docker: another build has another digest)"


class PushingEngine(Protocol):
    """What is needed of Docker's engine."""

    def push(self, image_id: str, reference: str) -> None:
        """Push an image of the engine as `host/repository:tag`."""


def publish_docker_image(
    publication: DockerPublication,
    registries: Registries,
    engine: PushingEngine | None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Publish the image, unless one of the same fingerprint is there.

    Docker sends the manifest when all blobs are there, so this tag, too, is of something complete.
    Whatever goes wrong is an outcome.
    """
    try:
        return _publish(publication, registries, engine, say)
    except Exception as error:
        return Outcome.of_error(publication, error)


def _publish(
    publication: DockerPublication,
    registries: Registries,
    engine: PushingEngine | None,
    say: Callable[[str], None],
) -> Outcome:
    repository = publication.repository
    registry = registries.connect(repository.host)
    there = registry.find_manifest(repository.path, publication.tag)
    if there is not None:
        digest = there.descriptor.digest
        lost = lacking_of(repository, there, registries.connect)
        if lost:
            return Outcome(publication, REFUSED, _lost(publication, digest, lost), digest=digest)
        notes = set_tags(registry, repository, there, publication.tags)
        return Outcome(publication, SKIPPED, _SKIPPED.format(digest), notes=notes, digest=digest)
    if publication.objection:
        return Outcome(publication, REFUSED, publication.objection)
    if engine is None:
        raise OciError(f"{publication.name} is in Docker's engine, and none was given")
    reference = f"{repository}:{publication.tag}"
    say(f"pushing {reference}")
    registries.prepare(repository)
    engine.push(publication.image_id, reference)
    pushed = registry.manifest(repository.path, publication.tag)
    digest = pushed.descriptor.digest
    why = _PUSHED.format(digest, publication.tag[:15])
    notes = set_tags(registry, repository, pushed, publication.tags)
    return Outcome(publication, PUSHED, why, notes=notes, digest=digest)


def _lost(publication: DockerPublication, digest: str, lost: Iterable[Descriptor]) -> str:
    return (
        f"the registry has {digest} as {publication.tag}, but not all of it: {names(lost)} is "
        f"missing, and Docker would not build the same bytes again. Remove the tag from the "
        f"registry, and publish again."
    )
