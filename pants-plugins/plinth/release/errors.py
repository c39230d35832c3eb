from __future__ import annotations

from plinth.oci.errors import OciError


class ReleaseError(OciError):
    """A release that cannot be made or read: the message says why, and what to do."""
