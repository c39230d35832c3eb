"""`delivery`: see docs/delivery.md, or `delivery --help`."""

from __future__ import annotations

import sys

from delivery.cli import inspection, promotion, signature
from delivery.cli.app import run

# Each module of commands adds its own to the group when it is imported.
COMMANDS = (promotion, inspection, signature)

if __name__ == "__main__":
    sys.exit(run())
