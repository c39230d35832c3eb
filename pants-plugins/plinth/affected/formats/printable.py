"""Text that a file name cannot forge.

Git keeps any bytes in a file name, and what they would do to a terminal.
"""

from __future__ import annotations

from plinth.oci.errors import printable

__all__ = ["printable"]
