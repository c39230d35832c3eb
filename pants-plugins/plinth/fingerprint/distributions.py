"""A locked distribution as a part."""

from __future__ import annotations

import hashlib

from plinth.fingerprint.part import Part
from plinth.lockfile.distribution import Distribution


def distribution_part(kind: str, of: str, distribution: Distribution) -> Part:
    """A locked distribution: its version, and a hash of the hashes that its lock allows."""
    hashes = hashlib.sha256("\n".join(distribution.hashes).encode()).hexdigest()
    return Part(kind, of, distribution.name, f"{distribution.version} hashes {hashes}")
