"""Writes what a pull request's comment says: a verdict, the reasons, images, updates of packages.

    python -m review --base COMMIT --affected AFFECTED --reach REACH

AFFECTED and REACH are what `./pants affected` printed in its formats `json` and `github-summary`.
The images of both commits are built and compared, unless none is affected.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from plinth.release.rebuild import checked_out
from review import images, updates
from review.index import Index

ROOT = Path(__file__).resolve().parents[2]
MARK = "<!-- plinth: what this change reaches -->"
# GitHub takes 65,536 characters.
LIMIT = 60_000
_PIP_INDEX = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


def comment(answer: Any, reach: str, differ: list[images.Difference], moved: list[str]) -> str:
    """The whole comment. Where it would be too long, the reasons go, and the summary has them."""
    verdict, _, reasons = reach.partition("<details")
    tables = "\n".join(
        (*_section("Images", list(images.table(differ))), *_section("Packages", moved))
    )
    reasons = f"<details{reasons}" if reasons else ""
    whole = f"{MARK}\n{verdict.rstrip()}\n\n{tables}\n{reasons}"
    if len(whole) <= LIMIT:
        return whole
    short = f"{MARK}\n{verdict.rstrip()}"[: LIMIT // 2]
    return f"{short}\n\n{tables[: LIMIT // 2]}\n\nThe reasons are in the summary of this run.\n"


def _section(title: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield from (f"#### {title}", "", *rows, "")


def _image_differences(answer: Any, base: str) -> list[images.Difference]:
    if not answer["images"]["affected"] and not answer["everything"]:
        return []
    with checked_out(ROOT, base) as clone:
        before = images.build(clone, "--no-pantsd")
    return list(images.differences(before, images.build(ROOT)))


def _index() -> Index:
    """The index that pip is configured with."""
    asked = subprocess.run(
        (sys.executable, "-I", "-m", "pip", "config", "get", "global.index-url"),
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.stdout.strip():
        return Index(asked.stdout.strip())
    usual = (sys.executable, "-I", "-c", _PIP_INDEX)
    return Index(subprocess.run(usual, capture_output=True, text=True, check=False).stdout.strip())


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="review", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--affected", required=True, type=Path)
    parser.add_argument("--reach", required=True, type=Path)
    options = parser.parse_args(argv)
    answer = json.loads(options.affected.read_text())
    base = answer["base"] or options.base
    moved = updates.table(
        updates.updates(ROOT, base), _index().facts, answer, datetime.now(timezone.utc)
    )
    print(comment(answer, options.reach.read_text(), _image_differences(answer, base), list(moved)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
