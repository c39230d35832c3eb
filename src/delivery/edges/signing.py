"""Signatures: DSSE envelopes by a KMS key, checked offline with the repository's public keys.

The envelope, its encoding and the cryptography are securesystemslib's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._aws_signer import AWSSigner
from securesystemslib.signer._key import SSlibKey

from delivery.core.config import PublicKey
from delivery.core.errors import ConfigError, SignatureError
from delivery.edges.aws import explained

ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"


@dataclass(frozen=True)
class TrustedKey:
    """A public key of the repository. `retired` is since when it signs nothing more."""

    file: str
    key: SSlibKey
    signs: tuple[str, ...] = ("releases", "ledger")
    retired: datetime | None = None

    @property
    def keyid(self) -> str:
        return str(self.key.keyid)


@dataclass(frozen=True)
class Opened:
    """An envelope's payload, and the key that vouches for it."""

    payload: bytes
    signer: TrustedKey


class _KmsSigner(AWSSigner):
    """securesystemslib's signer, with a client of ours: its own has no region and no role."""

    def __init__(self, key_id: str, public_key: SSlibKey, client: Any) -> None:
        self.aws_key_id = key_id
        self._public_key = public_key
        self.client = client
        self.aws_algo = self.aws_algos[public_key.scheme]


def load_keys(folder: Path, keys: Sequence[PublicKey]) -> tuple[TrustedKey, ...]:
    """The public keys, by their files relative to `folder`. Raises `ConfigError`."""
    return tuple(
        TrustedKey(each.file, _load(folder / each.file), each.signs, each.retired) for each in keys
    )


def signing(keys: Sequence[TrustedKey], what: str) -> tuple[TrustedKey, ...]:
    """The keys that may sign `releases` now, or have ever signed the `ledger`."""
    return tuple(
        each for each in keys if what in each.signs and (what == "ledger" or not each.retired)
    )


def _load(path: Path) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()))
    except OSError as error:
        raise ConfigError(
            f"{path}: the public key cannot be read ({error.strerror}). "
            "`delivery public-key` prints the one of the KMS key, with --ledger the ledger's."
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path}: not a public key in PEM: {error}.") from error


class Signer:
    """Signs with a KMS key, which must be among `keys`, the public ones in the repository."""

    def __init__(
        self, client: Callable[[], Any], key_id: str, keys: Callable[[], Sequence[TrustedKey]]
    ) -> None:
        self._client, self._key_id, self._keys = client, key_id, keys
        self._signer: _KmsSigner | None = None

    def public_pem(self) -> str:
        """The KMS key's public half."""
        return str(self.key().keyval["public"])

    def sign(self, payload: bytes, payload_type: str) -> bytes:
        """The envelope's bytes."""
        envelope = Envelope(payload, payload_type, {})
        with explained(f"the KMS key {self._key_id} did not sign"):
            envelope.sign(self._kms())
        return (json.dumps(envelope.to_dict(), sort_keys=True) + "\n").encode()

    def get_ready(self) -> None:
        """Ask KMS for the key now, which the first signature would ask for."""
        self._kms()

    def _kms(self) -> _KmsSigner:
        if self._signer is None:
            key = self.key()
            usable = [each for each in self._keys() if not each.retired]
            if key.keyid not in {each.keyid for each in usable}:
                raise SignatureError(
                    f"The KMS key {self._key_id} ({key.keyid[:12]}…) is none of the public "
                    f"keys in use: {_named(usable)}. What it signs, nobody would accept. Add it "
                    "by a pull request: `delivery public-key` prints it."
                )
            self._signer = _KmsSigner(self._key_id, key, self._client())
        return self._signer

    def key(self) -> SSlibKey:
        """The KMS key's public half, with the id by which envelopes name it."""
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        with explained(f"the KMS key {self._key_id} cannot be read"):
            found = self._client().get_public_key(KeyId=self._key_id)
        return SSlibKey.from_crypto(load_der_public_key(found["PublicKey"]))


def open_envelope(data: bytes, payload_type: str, keys: Sequence[TrustedKey], what: str) -> Opened:
    """What an envelope holds, if one of `keys` signed it. Raises `SignatureError` about `what`."""
    try:
        envelope = Envelope.from_dict(json.loads(data))
    except Exception as error:
        raise SignatureError(f"{what} is no DSSE envelope ({error})") from error
    if envelope.payload_type != payload_type:
        raise SignatureError(f"{what} is a {envelope.payload_type}, not a {payload_type}")
    known = {each.keyid: each for each in keys}
    for keyid in envelope.signatures.keys() & known.keys():
        try:
            envelope.verify([known[keyid].key], 1)
        except VerificationError as error:
            raise SignatureError(
                f"{what} is not what {known[keyid].file} signed: it was altered"
            ) from error
        return Opened(envelope.payload, known[keyid])
    by = ", ".join(sorted(f"{each[:12]}…" for each in envelope.signatures)) or "nobody"
    raise SignatureError(f"{what} is signed by {by}; the keys in use are {_named(keys)}")


def _named(keys: Sequence[TrustedKey]) -> str:
    return ", ".join(f"{each.file} ({each.keyid[:12]}…)" for each in keys) or "none"
