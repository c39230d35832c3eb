"""Holds the documentation to the repository: what it links to and the commands that it names exist.

    ci/documents.py          checks every Markdown file that git has

Checked are relative links and their anchors, `make` targets, the goals of `./pants`, programs in
`ci/`, and whether docs/README.md lists every page of docs/.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = "docs/README.md"
# Pants' own that the documentation may name; those of the plugins are read from their code.
_STOCK_GOALS = frozenset(
    ("dependencies", "dependents", "fmt", "help", "help-all", "lint", "list", "package", "publish")
) | {"repl", "run", "test", "GOAL"}
_LINK = re.compile(
    r"\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(#(?P<anchor>[^)\s]+))?\)"
    r'|<img src="(?P<src>[^"]+)"'
)
_COMMAND = re.compile(
    r"(?:^\s*\$ |`)(?P<command>(?:\./pants|make|ci/\w+)(?: [^`#\n]*)?)(?=[`#\n]|$)"
)
_GOAL = re.compile(r"""^    name = "([a-z-]+)"$""", re.MULTILINE)


def main(argv: list[str]) -> int:
    if argv:
        print(__doc__.strip(), file=sys.stderr)
        return 0 if argv in (["-h"], ["--help"]) else 2
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pages = sorted(page for page in listed.stdout.split("\0") if page and (ROOT / page).is_file())
    found = [*complaints(ROOT, pages), *unlisted(ROOT, pages)]
    print("\n".join(found) if found else f"{len(pages)} documents name only what is there.")
    return 1 if found else 0


def complaints(root: Path, pages: list[str]) -> Iterator[str]:
    """What the pages name and the repository has not: page, line, and what is missing."""
    goals = {*_STOCK_GOALS, *plugin_goals(root)}
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for page in pages:
        for number, line in enumerate((root / page).read_text().splitlines(), start=1):
            for link in _LINK.finditer(line):
                if not _leads_somewhere(root / page, link):
                    yield f"{page}:{number}: {link.group()} leads to nothing"
            for command in _COMMAND.finditer(line):
                missing = _missing(root, command["command"].split(), goals, targets)
                if missing:
                    yield f"{page}:{number}: `{command['command'].strip()}`: {missing}"


def plugin_goals(root: Path) -> Iterator[str]:
    for path in (root / "pants-plugins").rglob("*.py"):
        text = path.read_text()
        if "GoalSubsystem" in text:
            yield from _GOAL.findall(text)


def unlisted(root: Path, pages: list[str]) -> Iterator[str]:
    """Pages that a reader of the index would not find."""
    index = (root / INDEX).read_text()
    for page in pages:
        inside = page[len("docs/") :]
        is_ours = page.startswith("docs/") and page != INDEX and "/" not in inside
        if is_ours and f"({inside}" not in index:
            yield f"{INDEX}: {inside} is not listed"


def _leads_somewhere(page: Path, link: re.Match[str]) -> bool:
    path = link["path"] or link["src"] or ""
    if "://" in path:
        return True
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not link["anchor"] or link["anchor"] in anchors(target)


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE) if page.is_file() else []
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def _missing(root: Path, words: list[str], goals: set[str], targets: set[str]) -> str:
    """What of a command the repository has not; "" where all is there."""
    program, *arguments = words
    named = [each for each in arguments if re.fullmatch(r"[A-Za-z][A-Za-z-]*", each)]
    if program == "make":
        unknown = [each for each in named[:1] if each not in targets]
        return f"the Makefile has no {unknown[0]}" if unknown else ""
    if program == "./pants":
        unknown = [each for each in named[:1] if each not in goals]
        return f"Pants has no goal {unknown[0]}" if unknown else ""
    return (
        "" if (root / program).is_file() or (root / program).is_dir() else f"there is no {program}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
