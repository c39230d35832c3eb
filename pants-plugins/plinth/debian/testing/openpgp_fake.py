"""A signing key for tests, in as much OpenPGP (RFC 4880) as gpgv needs to check what it signs.

Tests need a key that is trusted and one that is not; with this they need neither gpg nor its agent.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import random
import struct
from dataclasses import dataclass

_RSA, _SHA256 = 1, 8
_TEXT_SIGNATURE, _USER_ID_CERTIFICATION = 0x01, 0x13
# The DER prefix of a SHA-256 in a PKCS #1 v1.5 signature (RFC 8017, 9.2).
_DER_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_EXPONENT = 65537


@dataclass(frozen=True)
class SigningKey:
    """An RSA key of 1024 bits, quickly made from a number; good for nothing but tests."""

    modulus: int
    secret: int
    created: int = 1_600_000_000

    @classmethod
    @functools.cache
    def from_seed(cls, seed: int) -> SigningKey:
        source = random.Random(seed)
        p, q = _prime(source), _prime(source)
        return cls(p * q, pow(_EXPONENT, -1, (p - 1) * (q - 1)))

    @property
    def _public(self) -> bytes:
        return struct.pack(">BIB", 4, self.created, _RSA) + _mpi(self.modulus) + _mpi(_EXPONENT)

    @property
    def _fingerprint(self) -> bytes:
        return hashlib.sha1(b"\x99" + struct.pack(">H", len(self._public)) + self._public).digest()

    @property
    def keyring(self) -> bytes:
        """The public key as a keyring for gpgv."""
        user_id = b"Tests <tests@example.invalid>"
        certified = b"\x99" + struct.pack(">H", len(self._public)) + self._public
        certified += b"\xb4" + struct.pack(">I", len(user_id)) + user_id
        return (
            _packet(6, self._public)
            + _packet(13, user_id)
            + self._signature(_USER_ID_CERTIFICATION, certified)
        )

    def clear_signed(self, text: str, also: tuple[SigningKey, ...] = ()) -> bytes:
        """The text as an `InRelease` file, signed by this key and by the others."""
        lines = text.rstrip("\n").split("\n")
        canonical = "\r\n".join(line.rstrip(" \t") for line in lines).encode()
        signatures = b"".join(key._signature(_TEXT_SIGNATURE, canonical) for key in (self, *also))
        armour = base64.encodebytes(signatures).decode()
        escaped = "\n".join("- " + line if line.startswith("-") else line for line in lines)
        return (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{escaped}\n-----BEGIN PGP "
            f"SIGNATURE-----\n\n{armour}-----END PGP SIGNATURE-----\n"
        ).encode()

    def _signature(self, kind: int, data: bytes) -> bytes:
        hashed = b"\x05\x02" + struct.pack(">I", self.created + 1)  # made at
        hashed += b"\x16\x21\x04" + self._fingerprint  # by
        head = struct.pack(">BBBBH", 4, kind, _RSA, _SHA256, len(hashed)) + hashed
        digest = hashlib.sha256(data + head + b"\x04\xff" + struct.pack(">I", len(head))).digest()
        size = (self.modulus.bit_length() + 7) // 8
        padding = b"\xff" * (size - len(_DER_SHA256) - len(digest) - 3)
        signed = pow(
            int.from_bytes(b"\0\1" + padding + b"\0" + _DER_SHA256 + digest, "big"),
            self.secret,
            self.modulus,
        )
        unhashed = b"\x09\x10" + self._fingerprint[-8:]
        return _packet(
            2, head + struct.pack(">H", len(unhashed)) + unhashed + digest[:2] + _mpi(signed)
        )


def _mpi(number: int) -> bytes:
    return struct.pack(">H", number.bit_length()) + number.to_bytes(
        (number.bit_length() + 7) // 8, "big"
    )


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + struct.pack(">I", len(body)) + body


def _prime(source: random.Random) -> int:
    while True:
        number = source.getrandbits(512) | (0b11 << 510) | 1
        if number % _EXPONENT != 1 and all(
            pow(witness, number - 1, number) == 1 for witness in (2, 3, 5, 7)
        ):
            return number
