"""What differs in two releases, for people: which images, by which packages and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plinth.images.fingerprint import Change, ImageFingerprint, Part, changes
from plinth.release.record import Release, ReleasedImage

_PACKAGES = ("distribution", "package", "interpreter")
_FILES = ("source", "file")


def differences(
    before: Release,
    after: Release,
    made_of: tuple[Sequence[ImageFingerprint], Sequence[ImageFingerprint]],
) -> Iterator[str]:
    """Lines that tell them apart. `made_of` are the fingerprints of the images of each."""
    yield f"{before.id} ({before.commit[:12]}) -> {after.id} ({after.commit[:12]})"
    old = {image.repository: image for image in before.images}
    new = {image.repository: image for image in after.images}
    old_parts, new_parts = ({each.address: each.parts for each in side} for side in made_of)
    same = []
    for repository in sorted({*old, *new}):
        was, now = old.get(repository), new.get(repository)
        if was is None or now is None:
            yield f"{repository}: {'added' if now else 'removed'}"
        elif was.digest == now.digest:
            same.append(repository)
        else:
            yield f"{repository}: {was.digest} -> {now.digest}"
            yield from _why(
                was, now, old_parts.get(was.address, ()), new_parts.get(now.address, ())
            )
    if same:
        yield f"{len(same)} unchanged: {', '.join(same)}"


def _why(
    was: ReleasedImage, now: ReleasedImage, before: Sequence[Part], after: Sequence[Part]
) -> Iterator[str]:
    told = False
    for kind, line in part_lines(before, after):
        told = True
        yield f"  {kind} {line}"
    for package in sorted({*was.unlocked} ^ {*now.unlocked}):
        told = True
        yield f"  unlocked {package}"
    if not told:
        yield "  of the same inputs: the build is not reproducible"


def part_lines(before: Sequence[Part], after: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """A kind and a line for each part that differs; what several layers share is told once."""
    found: dict[tuple[str, str], None] = {}
    by_key = {part.key: part for part in (*before, *after)}
    titles = {part.title: key for key, part in by_key.items()}
    for change in changes(before, after):
        kind, _, name = titles[change.title]
        if kind in _PACKAGES:
            found["package", f"{name}: {_versions(change)}"] = None
        elif kind in _FILES:
            found["file", f"{name}: {_how(change)}"] = None
        elif kind == "base":
            found["base", "changed"] = None
        else:
            found["other", str(change)] = None
    return iter(found)


def _versions(change: Change) -> str:
    before, after = (text and text.partition(" ")[0] for text in (change.before, change.after))
    if before == after:
        return f"{after}, with other files"
    return f"{before or 'none'} -> {after or 'none'}"


def _how(change: Change) -> str:
    if change.before is None or change.after is None:
        return "added" if change.after else "removed"
    return "changed"
