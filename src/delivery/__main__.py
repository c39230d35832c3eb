"""`delivery`: see docs/delivery.md, or `delivery --help`."""

from __future__ import annotations

import sys


def main() -> int:
    try:
        # Most of a short command's time: an interrupt that comes so early needs no traceback.
        from delivery.cli import inspection, promotion, signature
        from delivery.cli.app import run
    except KeyboardInterrupt:
        return 130
    # Each module of commands adds its own to the group when it is imported.
    _ = (inspection, promotion, signature)
    return run()


if __name__ == "__main__":
    sys.exit(main())
