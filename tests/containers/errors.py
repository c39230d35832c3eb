"""What keeps a container test from saying anything about the lambda."""

from __future__ import annotations


class HarnessError(Exception):
    """The engine, the emulator or the container is not as a test needs it."""
