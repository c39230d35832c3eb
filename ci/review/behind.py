"""Prints what differs between the locks of HEAD and of the tree: `python -m review.behind`."""

from __future__ import annotations

from pathlib import Path

from review.images import cell
from review.updates import updates

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    found = updates(ROOT, "HEAD")
    print(f"#### {len(found)} packages are behind\n")
    if found:
        print("| package | locked | newest allowed | locks |\n|---|---|---|---|")
    for each in found:
        was, now = ", ".join(each.before) or "none", ", ".join(each.after) or "none"
        print(f"| `{cell(each.name)}` | {cell(was)} | {cell(now)} | {', '.join(each.locks)} |")


if __name__ == "__main__":
    main()
