"""The images of an application as a release has them: by digest, and of this very tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from plinth.release.record import Release, ReleasedImage
from plinth.sam.application import Application

Fingerprint = Callable[[str, tuple[str, ...]], str]
"""An image's fingerprint in this tree, by its address and the packages that are not as locked."""


def released(application: Application, release: Release) -> Mapping[str, ReleasedImage]:
    """By image, those that the release has."""
    known = {image.address: image for image in release.images}
    return {f.image: known[f.image] for f in application.functions if f.image in known}


def objections(
    application: Application, release: Release, origin: str, fingerprint: Fingerprint
) -> Iterator[str]:
    """Why the release is not one of the application as this tree has it."""
    images = released(application, release)
    for function in application.functions:
        where = f"{function.address}: images: {function.image}"
        image = images.get(function.image)
        if image is None:
            yield f"{where} is not in release {release.id} ({origin})"
        elif fingerprint(function.image, image.unlocked) != image.fingerprint:
            yield (
                f"{where} is another in release {release.id} than in this tree: check out "
                f"{release.commit[:12]}, or make the release of this commit"
            )


def image_uri(image: ReleasedImage) -> dict[str, str]:
    """The image in whichever registry the stack is given."""
    return {"Fn::Sub": f"${{Registry}}/{image.repository}@{image.digest}"}
