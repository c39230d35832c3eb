"""Publishes one image: asks first, never overwrites, and tags only what is complete."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Callable, Protocol

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import Descriptor
from plinth.oci.format.layout import read_blob
from plinth.oci.format.reference import Repository, is_loopback, parse_pinned
from plinth.oci.publish.publication import (
    NOT_TRIED,
    PUSHED,
    REFUSED,
    SKIPPED,
    Outcome,
    Publication,
)
from plinth.oci.registry.client import Manifest, Registry
from plinth.oci.registry.push import Each, Pushed, PushRefused, push
from plinth.oci.registry.whole import lacking, names

_AT_ONCE = nullcontext()
# A tag that names what was pushed last: nobody need ask for it where nothing is pushed.
_LAST_PUSHED = "latest"


class Registries(Protocol):
    """The registries that images go to."""

    def connect(self, host: str) -> Registry:
        """A client of the registry, for the thread that asks."""

    def prepare(self, repository: Repository) -> None:
        """See to it that the repository can be pushed to."""


def publish_image(
    publication: Publication,
    registries: Registries,
    *,
    base: Callable[[], Outcome | None] = lambda: None,
    turn: AbstractContextManager[object] = _AT_ONCE,
    each: Each = map,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Publish an image, once it is known what became of its base.

    `base` waits for that where the base is published in the same run. `turn` is held from then on.
    `each` asks for blobs, and pushes them.

    1. Ask for the tag. Another image there: refused. The same: ask for its blobs, too, but not for
       those of a base that this run has just found whole. All of them there: skipped.
    2. Absent, or not whole: see that nothing is to be said against it, and that its base is there.
    3. Push the blobs that are not there, then the manifest by its digest.
    4. Ask again, set the tag, and read it back.

    Whatever goes wrong, foreseen or not, is an outcome. Up to the end of the third step nothing can
    be seen of it but blobs, so that a run that dies is finished by the next.
    """
    try:
        there = _tagged(registries.connect(publication.repository.host), publication)
        is_same = there == publication.digest
        lost = _lost(publication, registries, each, own=True) if is_same else ()
        below = base()
        if below is not None and not below.is_there:
            why = f"its base {below.publication.repository} was {below.status}"
            return Outcome(publication, NOT_TRIED, why)
        with turn:
            if there is not None and not is_same:
                return Outcome(publication, REFUSED, _another(publication, there))
            # A base that was skipped has just been found whole.
            if is_same and not (below and below.status == SKIPPED):
                lost += _lost(publication, registries, each, own=False)
            if is_same and not lost:
                return _skip(publication, registries)
            return _publish(publication, lost, below, registries, each, say)
    except PushRefused as error:
        return Outcome(publication, REFUSED, str(error))
    except Exception as error:
        return Outcome.of_error(publication, error)


def _lost(
    publication: Publication, registries: Registries, each: Each, *, own: bool
) -> tuple[Descriptor, ...]:
    """What the repository lacks of the image's own blobs, or of those that its bases have."""
    image = publication.stack.image
    asked = (blob for blob in image.blobs if image.holds(blob) == own)
    return lacking(publication.repository, asked, registries.connect, each)


def _skip(publication: Publication, registries: Registries) -> Outcome:
    why = f"in the registry, same digest {publication.digest}"
    named = replace(publication, tags=tuple(tag for tag in publication.tags if tag != _LAST_PUSHED))
    notes = _name(registries.connect(publication.repository.host), named)
    return Outcome(publication, SKIPPED, why, notes=notes)


def _publish(
    publication: Publication,
    lost: tuple[Descriptor, ...],
    base: Outcome | None,
    registries: Registries,
    each: Each,
    say: Callable[[str], None],
) -> Outcome:
    """Send what the registry does not have: all of the image, or what was `lost` of it."""
    registry = registries.connect(publication.repository.host)
    digest = publication.digest
    objection = publication.objection or (
        None if base else _missing_base(publication, registries.connect)
    )
    if objection:
        gone = f"; and nobody can pull what is there: {names(lost)} is missing" if lost else ""
        return Outcome(publication, REFUSED, objection + gone)
    what = f", of which {names(lost)} is missing" if lost else ""
    say(f"pushing {publication.repository}@{digest}{what}")
    registries.prepare(publication.repository)
    pushed = push(
        publication.stack,
        publication.repository,
        connect=registries.connect,
        mount_from=[publication.base.path] if publication.base else [],
        each=each,
    )
    other = _set_tag(registry, publication)
    if other is not None:
        return Outcome(publication, REFUSED, _another(publication, other), pushed)
    notes = _name(registry, publication)
    return Outcome(publication, PUSHED, _how(publication, pushed, lost), pushed, notes)


def _tagged(registry: Registry, publication: Publication) -> str | None:
    """The digest of the bytes that the tag names."""
    found = registry.find_manifest(publication.repository.path, publication.tag)
    return found.descriptor.digest if found else None


def _another(publication: Publication, there: str) -> str:
    return (
        f"under {publication.tag} the registry has {there}; this build made "
        f"{publication.stack.image.digest} from the same inputs. The build is not reproducible, or "
        f"the tag was moved. It was left as it is."
    )


def _missing_base(publication: Publication, connect: Callable[[str], Registry]) -> str | None:
    """What is wrong when the registry does not have what the image stands on."""
    stack = publication.stack
    if stack.image.external_base:
        base, digest = parse_pinned(stack.image.external_base)
    elif stack.image.base_digest is None:
        return None
    elif publication.base is None:
        return (
            f"its base {stack.bases[0].name} goes to no repository of {publication.repository.host}"
        )
    else:
        base, digest = publication.base, stack.image.base_digest
    if connect(base.host).find_manifest(base.path, digest) is not None:
        return None
    return f"its base {base.at(digest)} is not published. Publish it first, or in the same run."


def _set_tag(registry: Registry, publication: Publication) -> str | None:
    """Set the tag; the digest of another image that has, or took, the tag."""
    image, path = publication.stack.image, publication.repository.path
    there = _tagged(registry, publication)
    if there is None:
        manifest = read_blob(image.descriptor, [image.root])
        registry.put_manifest(path, publication.tag, image.descriptor.media_type, manifest)
        there = _tagged(registry, publication)
    if there is None:
        raise OciError(
            f"{publication.repository}:{publication.tag} is not there right after it was set. "
            f"Publish again."
        )
    return None if there == image.digest else there


def set_tags(
    registry: Registry, repository: Repository, manifest: Manifest, tags: Iterable[str]
) -> tuple[str, ...]:
    """Set the tags for people. They move on loopback only; elsewhere a note says what was left."""
    notes = []
    digest = manifest.descriptor.digest
    for tag in tags:
        there = registry.manifest_digest(repository.path, tag)
        if there is None or (there != digest and is_loopback(repository.host)):
            media_type = manifest.descriptor.media_type
            registry.put_manifest(repository.path, tag, media_type, manifest.content)
        elif there != digest:
            notes.append(f"left {repository}:{tag} at {there}: tags of a shared registry stay")
    return tuple(notes)


def _name(registry: Registry, publication: Publication) -> tuple[str, ...]:
    image = publication.stack.image
    manifest = Manifest(image.descriptor, read_blob(image.descriptor, [image.root]))
    return set_tags(registry, publication.repository, manifest, publication.tags)


def _how(publication: Publication, pushed: Pushed, lost: tuple[Descriptor, ...]) -> str:
    ways = ((len(pushed.uploaded), "uploaded"), (len(pushed.mounted), "mounted"))
    told = ", ".join(f"{count} blobs {way}" for count, way in ways if count) or "its tag only"
    gone = f"; it was there without {names(lost)}" if lost else ""
    return f"{publication.digest} as {publication.tag[:15]}… ({told}){gone}"
