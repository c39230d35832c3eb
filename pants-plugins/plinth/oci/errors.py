"""What can go wrong with an image: each message says where, what, why, and the next command."""

from __future__ import annotations


class OciError(Exception):
    """Anything about an image, a layout or a registry that a user has to act on."""
