"""Fingerprints of several images as a JSON document, and the difference of two of them.

docs/fingerprints.schema.json is the document's schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from plinth.images.errors import ImageError
from plinth.images.fingerprint import FORMAT, ImageFingerprint, changes


def dump(images: Iterable[ImageFingerprint]) -> str:
    """The document: the same images give the same text."""
    listed = sorted(images, key=lambda image: image.address)
    document = {"format": FORMAT, "images": [image.to_json() for image in listed]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse(text: str, origin: str) -> tuple[ImageFingerprint, ...]:
    """The images of a document; `origin` names it in the `ImageError` raised for any other text."""
    try:
        document = json.loads(text)
        if document["format"] == FORMAT:
            return tuple(ImageFingerprint.from_json(image) for image in document["images"])
        problem = f"it has format {document['format']!r}, and this version of Plinth reads {FORMAT}"
    except (ValueError, KeyError, TypeError) as error:
        problem = f"it holds no fingerprints ({type(error).__name__}: {error})"
    raise ImageError(
        f"{origin}: {problem}. Make it with `./pants fingerprint --format=json "
        "--output-file=<path> ::`."
    )


def differences(
    before: Iterable[ImageFingerprint], after: Iterable[ImageFingerprint]
) -> Iterator[str]:
    """Lines that name what differs: each image, and below it each part of it."""
    old = {image.address: image for image in before}
    new = {image.address: image for image in after}
    for address in sorted({*old, *new}):
        was, now = old.get(address), new.get(address)
        if was is None or now is None:
            yield f"{address}: {'added' if now else 'removed'}"
        elif was.value != now.value:
            yield f"{address}: {was.value} -> {now.value}"
            yield from (f"  {change}" for change in changes(was.parts, now.parts))
