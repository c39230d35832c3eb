"""Removes a test's containers when the test is gone: `python -m containers.watchdog LABEL_VALUE`.

It waits for the end of its standard input, whose other end the test's process has: the kernel
closes that whichever way the process ends, a kill included.
"""

from __future__ import annotations

import sys

from containers.cleanup import remove_all
from containers.engine import connect


def main(value: str) -> None:
    sys.stdin.read()
    remove_all(connect(), value)


if __name__ == "__main__":
    main(sys.argv[1])
