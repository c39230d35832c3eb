from __future__ import annotations

import sys


class LayerError(Exception):
    """A layer that cannot be made: what is wrong, where, and what to do."""


class InstallError(LayerError):
    """Third-party files that could not be installed from the lock, or that do not fit together."""


def fail(error: Exception) -> int:
    """The exit code of a sandboxed module that failed; its message goes to the engine."""
    print(error, file=sys.stderr)
    return 1
