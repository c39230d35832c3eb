"""What a change does to the images, by layer and by package: two builds, compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plinth.images.fingerprint import Part
from plinth.images.fingerprints import parse as parse_fingerprints
from plinth.oci.format.descriptor import Descriptor
from plinth.oci.format.layout import read_image
from plinth.release.diff import part_lines

_FINGERPRINTS = "dist/ci/fingerprints.json"
_ALL_IMAGES = ("--filter-target-type=docker_image", "::")
# More lines of one image's reasons than these are a number.
_MOST_LINES = 6


@dataclass(frozen=True)
class Built:
    """An image as it was built: its layers, lowest first, and what it is made of."""

    address: str
    digest: str
    layers: tuple[Descriptor, ...]
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Compressed, as a registry keeps it."""
        return sum(layer.size for layer in self.layers)


@dataclass(frozen=True)
class Difference:
    """What a reviewer has to know of an image; `new_layers` of `layers` are not in it before."""

    address: str
    what: str
    layers: int
    new_layers: int
    bytes_before: int | None
    bytes_after: int | None
    why: tuple[str, ...]


def build(root: Path, *options: str) -> Mapping[str, Built]:
    """All images of the repository at `root`, built and read, by address."""
    (root / _FINGERPRINTS).parent.mkdir(parents=True, exist_ok=True)
    output = ("--fingerprint-format=json", f"--fingerprint-output-file={_FINGERPRINTS}")
    subprocess.run(
        ("./pants", "--no-dynamic-ui", *options, *output, "fingerprint", "package", *_ALL_IMAGES),
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stdout=sys.stderr,
        check=True,
    )
    return {each.address: each for each in _read(root)}


def differences(before: Mapping[str, Built], after: Mapping[str, Built]) -> Iterator[Difference]:
    """The images whose digests are not the same, by address."""
    for address in sorted({*before, *after}):
        was, now = before.get(address), after.get(address)
        if was is None or now is None or was.digest != now.digest:
            yield _difference(address, was, now)


def _difference(address: str, was: Built | None, now: Built | None) -> Difference:
    old = {layer.digest for layer in was.layers} if was else set()
    layers = now.layers if now else ()
    return Difference(
        address,
        "removed" if now is None else "new" if was is None else "changed",
        len(layers),
        sum(1 for layer in layers if layer.digest not in old),
        was.bytes if was else None,
        now.bytes if now else None,
        tuple(_why(was.parts, now.parts)) if was and now else (),
    )


def _why(before: Sequence[Part], after: Sequence[Part]) -> Iterator[str]:
    lines = [f"{kind} {line}" for kind, line in part_lines(before, after)]
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"and {len(lines) - _MOST_LINES} more"


def _read(root: Path) -> Iterator[Built]:
    text = (root / _FINGERPRINTS).read_text()
    parts = {each.address: each.parts for each in parse_fingerprints(text, _FINGERPRINTS)}
    for address, made_of in parts.items():
        layout = root / "dist" / address.replace("/", ".").replace(":", "/")
        # Docker builds an image with a RUN, and leaves no layout.
        if (layout / "index.json").is_file():
            image = read_image(layout)
            yield Built(address, image.digest, tuple(image.layers), tuple(made_of))


def table(found: Iterable[Difference]) -> Iterator[str]:
    """Markdown. Images that differ in the same way share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for each in found:
        rows.setdefault(_row(each), []).append(each.address)
    if not rows:
        return
    yield "| image | layers | compressed | what differs |"
    yield "|---|---|---|---|"
    for row, addresses in rows.items():
        yield f"| {_named(addresses)} | {' | '.join(row)} |"


def _row(each: Difference) -> tuple[str, ...]:
    if each.bytes_after is None:
        return each.what, "", ""
    layers = f"{each.new_layers} of {each.layers} new"
    return layers, _size(each), "<br>".join(map(cell, each.why)) or each.what


def _size(each: Difference) -> str:
    after = each.bytes_after or 0
    if each.bytes_before is None:
        return _bytes(after)
    grown = after - each.bytes_before
    if not grown:
        return "the same size"
    return f"{'+' if grown > 0 else '-'}{_bytes(abs(grown))}"


def _bytes(number: int) -> str:
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} B"


def _named(addresses: Sequence[str]) -> str:
    shown = "<br>".join(f"`{cell(each)}`" for each in addresses[:3])
    return f"{shown}<br>and {len(addresses) - 3} more" if len(addresses) > 3 else shown


def cell(text: str) -> str:
    """`text` for a Markdown table: nothing in it ends the cell or becomes an element."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;")):
        plain = plain.replace(character, entity)
    return plain.replace("@", "&#64;")
