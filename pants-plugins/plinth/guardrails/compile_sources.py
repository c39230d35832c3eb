"""Prints why files do not compile under the images' Python: `python -m … PATH…`, a line for each.

It is asked only about what Pants' own, older Python cannot read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def problem(source: bytes, path: str) -> str:
    """`line: what`, or "" where it compiles."""
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        return f"{line}: {getattr(error, 'msg', None) or error}"
    return ""


def main(paths: list[str]) -> int:
    print(json.dumps({path: problem(Path(path).read_bytes(), path) for path in paths}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
