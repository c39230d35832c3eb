"""The picture of the README: a terminal, drawn from what `./pants affected` really printed.

    ci/pictures.py           runs the commands, records their output and draws it (`make pictures`)
    ci/pictures.py --check   is the picture what the recorded output gives?

It edits a line of the base library, and then a version in the lock, and puts both back.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from demo import edited

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "docs/pictures/affected.txt"
PICTURE = ROOT / "docs/pictures/affected.svg"
COMMAND = ("./pants", "affected")
_LIBRARY = ROOT / "src/ingestion/names.py"
_LOCK = ROOT / "3rdparty/python/requirements.txt"
# A wave shows this many images; what else is in it is counted.
_MOST_IMAGES = 3
_CHARACTER, _LINE, _MARGIN = 8.0, 19, 18
_COLOURS = {"prompt": "#e6edf3", "bold": "#ffffff", "image": "#79c0ff", "dim": "#9198a1"}


def main(argv: list[str]) -> int:
    if argv not in ([], ["--check"]):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if argv in (["-h"], ["--help"]) else 2
    if not argv:
        RECORDED.write_text(recorded())
        PICTURE.write_text(drawn(RECORDED.read_text()))
    elif PICTURE.read_text() != drawn(RECORDED.read_text()):
        print(f"{PICTURE.relative_to(ROOT)} is not of its recorded output. Run `make pictures`.")
        return 1
    return 0


def recorded() -> str:
    """What two changes really print, each below the command and a comment of what was done."""
    parts = (
        (
            "one line of the base library changes",
            _LIBRARY,
            lambda old: old + "\n# One line more.\n",
        ),
        ("pyarrow is bumped", _LOCK, bumped),
    )
    return "\n".join(_part(*part) for part in parts)


def bumped(lock: str) -> str:
    """The lock with the next minor version of pyarrow."""

    def next_minor(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) + 1}.0"

    return re.sub(r"^(pyarrow==\d+\.)(\d+)\.\d+", next_minor, lock, flags=re.MULTILINE)


def _part(what: str, path: Path, change: Callable[[str], str]) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PLINTH_TERMINAL"}
    with edited(path, change(path.read_text())):
        answer = subprocess.run(
            COMMAND, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True
        )
    return f"$ {' '.join(COMMAND)}   # {what}\n{answer.stdout}"


def excerpt(output: str) -> Iterator[str]:
    """The lines of an answer that a picture has room for: what is left out is counted."""
    waves = re.split(r"\n(?=Wave )", output)
    yield from waves[0].rstrip().splitlines()
    for wave in waves[1:]:
        body, _, _ = wave.partition("\n\n")
        title, *lines = body.splitlines()
        yield title
        yield from _images(lines)


def _images(lines: list[str]) -> Iterator[str]:
    """The first images of a wave, each above its reason, which those that share it stand above."""
    room = _MOST_IMAGES
    for reason, group in _by_reason(lines):
        images = [line for line in group if _is_image(line)]
        if not images or not room:
            continue
        shown = images[:room]
        room -= len(shown)
        yield from shown
        if len(shown) < len(images):
            yield f"  … {len(images) - len(shown)} more images"
        yield from reason


def _by_reason(lines: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The lines of a reason, and those of the targets above it."""
    reason: list[str] = []
    targets: list[str] = []
    for line in lines:
        if line.startswith("    "):
            reason.append(line)
        else:
            if reason:
                yield reason, targets
                reason, targets = [], []
            targets.append(line)
    yield reason, targets


def _is_image(line: str) -> bool:
    return line.split("  +")[0].endswith(":image") and "←" not in line and "›" not in line


def drawn(output: str) -> str:
    """The picture of recorded output."""
    commands = re.split(r"\n(?=\$ )", output.rstrip())
    lines = [line for part in commands for line in (*excerpt(part), "")][:-1]
    width = int(2 * _MARGIN + _CHARACTER * 80)
    height = 2 * _MARGIN + _LINE * len(lines)
    rows = (
        f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * number + 13}" class="{kind(line)}">'
        f"{escape(line)}</text>"
        for number, line in enumerate(lines)
        if line
    )
    style = "".join(f".{name}{{fill:{colour}}}" for name, colour in _COLOURS.items())
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            'aria-label="What ./pants affected prints">',
            f"<style>text{{font:13px ui-monospace,Menlo,Consolas,monospace;white-space:pre}}"
            f"{style}.bold,.prompt{{font-weight:600}}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
            *rows,
            "</svg>\n",
        )
    )


def kind(line: str) -> str:
    """The class of a line, which has its colour."""
    if line.startswith("$"):
        return "prompt"
    if line.startswith("Wave ") or re.match(r"\d+ of \d+ images", line):
        return "bold"
    return "image" if _is_image(line) else "dim"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
