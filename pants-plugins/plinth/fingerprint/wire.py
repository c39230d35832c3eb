"""A document as bytes: compressed JSON with a version, and the hash of all of it.

Texts and parts stand once, in two lists; targets name them by their places. So a thousand lambdas,
which share most of what they are made of, are a few hundred kilobytes.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Any

from plinth.fingerprint.document import Document, Entry
from plinth.fingerprint.part import Part

FORMAT = 1
"""The version of the form, and of what is a part: documents of two versions are never compared."""

_MAGIC = b"plinth-document\n"
_LISTS = ("needs", "takes", "packages", "excludes")


class NotADocument(Exception):
    """Bytes that are no document of this version; the message says why."""


class _Pool:
    """Each value once, with its place."""

    def __init__(self) -> None:
        self.places: dict[object, int] = {}

    def place(self, value: object) -> int:
        return self.places.setdefault(value, len(self.places))


def dump(document: Document) -> bytes:
    """The same document gives the same bytes on one machine; `load` is the inverse."""
    texts, parts = _Pool(), _Pool()

    def part(each: Part) -> int:
        return parts.place(tuple(texts.place(text) for text in each))

    entries = [
        [
            texts.place(entry.spec),
            texts.place(entry.alias),
            texts.place(entry.kind),
            texts.place(entry.makes),
            [part(each) for each in entry.own],
            [part(each) for each in entry.given],
            *([texts.place(each) for each in getattr(entry, name)] for name in _LISTS),
        ]
        for entry in (document.entries[spec] for spec in sorted(document.entries))
    ]
    body = json.dumps(
        {
            "format": FORMAT,
            "texts": list(texts.places),
            "parts": [list(place) for place in parts.places],  # type: ignore[call-overload]
            "targets": entries,
        },
        separators=(",", ":"),
    ).encode()
    return _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + zlib.compress(body, 6)


def load(content: bytes) -> Document:
    """Raises `NotADocument`."""
    if not content.startswith(_MAGIC):
        raise NotADocument("it is no document of a tree")
    stated, _, compressed = content[len(_MAGIC) :].partition(b"\n")
    try:
        body = zlib.decompress(compressed)
    except zlib.error as error:
        raise NotADocument(f"it cannot be unpacked: {error}") from None
    if hashlib.sha256(body).hexdigest().encode() != stated:
        raise NotADocument("its content is not what its hash says")
    try:
        return _read(json.loads(body))
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise NotADocument(f"it cannot be read: {type(error).__name__}: {error}") from None


def _read(data: Any) -> Document:
    if data["format"] != FORMAT:
        raise NotADocument(f"it has format {data['format']}, and this version reads {FORMAT}")
    texts: list[str] = data["texts"]
    parts = [Part(texts[k], texts[o], texts[n], texts[v]) for k, o, n, v in data["parts"]]

    def named(places: Iterable[int]) -> tuple[str, ...]:
        return tuple([texts[place] for place in places])

    entries = {}
    for spec, alias, kind, makes, own, given, needs, takes, packages, excludes in data["targets"]:
        entries[texts[spec]] = Entry(
            texts[spec],
            texts[alias],
            texts[kind],
            tuple([parts[place] for place in own]),
            tuple([parts[place] for place in given]),
            named(needs),
            named(takes),
            named(packages),
            named(excludes),
            texts[makes],
        )
    return Document(entries)
