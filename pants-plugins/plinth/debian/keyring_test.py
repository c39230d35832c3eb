"""Whom `make lock` believes: the keys in the keyring are those that the page beside it names."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path("3rdparty/debian")
_PUBLIC_KEYS = (6, 14)  # RFC 4880: a key, a subkey


def packets(keyring: bytes) -> Iterator[tuple[int, bytes]]:
    """The packets of an OpenPGP file, whose lengths are in the formats that keyrings have."""
    at = 0
    while at < len(keyring):
        head = keyring[at]
        if head & 0x40:
            tag, first = head & 0x3F, keyring[at + 1]
            if first < 192:
                size, at = first, at + 2
            elif first < 224:
                size, at = ((first - 192) << 8) + keyring[at + 2] + 192, at + 3
            else:
                size, at = struct.unpack_from(">I", keyring, at + 2)[0], at + 6
        else:
            tag, width = (head >> 2) & 0x0F, 1 << (head & 3)
            size, at = int.from_bytes(keyring[at + 1 : at + 1 + width], "big"), at + 1 + width
        yield tag, keyring[at : at + size]
        at += size


def fingerprints(keyring: bytes) -> set[str]:
    return {
        hashlib.sha1(b"\x99" + struct.pack(">H", len(body)) + body).hexdigest().upper()
        for tag, body in packets(keyring)
        if tag in _PUBLIC_KEYS
    }


@pytest.fixture
def named() -> set[str]:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    return {
        found.replace(" ", "") for found in re.findall(r"(?:[0-9A-F]{4} +){9}[0-9A-F]{4}", page)
    }


def test_the_keyring_holds_the_keys_that_its_page_names_and_no_other(named: set[str]) -> None:
    assert fingerprints((FOLDER / "keyring.gpg").read_bytes()) == named
    assert len(named) == 5
