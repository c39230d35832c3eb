"""What an image's own layers say of licences: `python -m plinth.release.licences --help`.

Python packages name theirs in their metadata, Debian's in machine-readable copyright files (DEP-5).
What says nothing that a program can read is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Sequence
from email.parser import HeaderParser
from pathlib import Path

from plinth.oci.format.layout import find_blob, read_image

_METADATA = re.compile(r"(?:.*/)?[^/]+\.dist-info/METADATA")
_COPYRIGHT = re.compile(r"usr/share/doc/([^/]+)/copyright")
_CLASSIFIER = "License :: "
# A longer text is the licence itself and no name of one.
_LONGEST_NAME = 60


def of_metadata(text: str) -> tuple[str, tuple[str, ...]]:
    """The name of a Python package, and its licences, from its METADATA."""
    headers = HeaderParser().parsestr(text)
    name = re.sub(r"[-_.]+", "-", headers.get("Name", "")).lower()
    stated = headers.get("License-Expression") or headers.get("License") or ""
    if stated and len(stated) <= _LONGEST_NAME and "\n" not in stated:
        return name, (stated,)
    classifiers = headers.get_all("Classifier") or []
    named = {each.rpartition(" :: ")[2] for each in classifiers if each.startswith(_CLASSIFIER)}
    return name, tuple(sorted(named))


def of_copyright(text: str) -> tuple[str, ...]:
    """The short names of the licences in a machine-readable copyright file; none in another."""
    first = text.partition("\n")[0]
    if not first.startswith("Format:") or "copyright-format" not in first:
        return ()
    return tuple(sorted(set(re.findall(r"^License: *(\S.*?) *$", text, re.MULTILINE))))


def in_layer(blob: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each package of a layer whose licences are told: `pypi:name` or `deb:name`, and them."""
    with tarfile.open(blob) as layer:
        for member in layer:
            if not member.isfile():
                continue
            debian = _COPYRIGHT.fullmatch(member.name)
            if debian or _METADATA.fullmatch(member.name):
                content = layer.extractfile(member)
                text = content.read().decode(errors="replace") if content else ""
                if debian:
                    yield f"deb:{debian[1]}", of_copyright(text)
                else:
                    name, licences = of_metadata(text)
                    yield f"pypi:{name}", licences


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.release.licences",
        description="List the licences that an image's own layers name, by package, as JSON.",
    )
    parser.add_argument("--layout", type=Path, required=True, help="the image's layout")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    options = parser.parse_args(argv)
    image = read_image(options.layout)
    blobs = (find_blob(layer, [image.root]) for layer in image.layers if image.holds(layer))
    found = dict(each for blob in blobs if blob for each in in_layer(blob))
    options.out.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
