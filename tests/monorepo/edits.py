"""Edits of a work tree, to be put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

# It is given the root of a work tree.
Edit = Callable[[Path], None]

LOCK = "3rdparty/python/requirements.txt"
_HASH = "    --hash=sha256:"


def nothing(_root: Path) -> None:
    """No edit at all."""


def all_of(*edits: Edit) -> Edit:
    def edit(root: Path) -> None:
        for each in edits:
            each(root)

    return edit


def write(path: str, text: str) -> Edit:
    def edit(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return edit


def changed(path: str, change: Callable[[str], str]) -> Edit:
    """An edit that must make a difference."""

    def edit(root: Path) -> None:
        before = (root / path).read_text()
        after = change(before)
        assert after != before, f"the edit does not change {path}"
        (root / path).write_text(after)

    return edit


def append(path: str, text: str) -> Edit:
    """Whatever the file holds, which is not read."""

    def edit(root: Path) -> None:
        assert (root / path).is_file(), f"there is no {path}"
        with (root / path).open("a") as file:
            file.write(text)

    return edit


def prepend(path: str, text: str) -> Edit:
    return changed(path, lambda before: text + before)


def replace(path: str, old: str, new: str) -> Edit:
    return changed(path, lambda before: before.replace(old, new, 1))


def replace_all(path: str, pattern: str, new: str) -> Edit:
    return changed(path, lambda before: re.sub(pattern, new, before, flags=re.MULTILINE))


def delete(path: str) -> Edit:
    return lambda root: (root / path).unlink()


def move(path: str, target: str) -> Edit:
    def edit(root: Path) -> None:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        (root / path).rename(root / target)

    return edit


def make_executable(path: str) -> Edit:
    def edit(root: Path) -> None:
        assert not (root / path).stat().st_mode & 0o111
        (root / path).chmod(0o755)

    return edit


def link(path: str, target: str) -> Edit:
    """A symlink in place of what is at `path`."""

    def edit(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)

    return edit


def entry(name: str, change: Callable[[str], str], lock: str = LOCK) -> Edit:
    """Change a distribution's entry in a Python lock: its line, hashes and comments."""
    pattern = re.compile(rf"^{re.escape(name)}(\[[^]]*\])?==.*\n((    .*)\n)*", re.MULTILINE)

    def change_lock(text: str) -> str:
        assert len(pattern.findall(text)) == 1, f"{lock} has not one {name}"
        return pattern.sub(lambda found: change(found.group()), text)

    return changed(lock, change_lock)


def bump(name: str, lock: str = LOCK) -> Edit:
    """Lock another version, with other hashes."""

    def bumped(text: str) -> str:
        text = re.sub(r"==([^ ;\\]+)", r"==\1.post9", text, count=1)
        return re.sub(r"sha256:(.)", lambda found: f"sha256:{_other(found.group(1))}", text)

    return entry(name, bumped, lock)


def more_hashes(text: str) -> str:
    """An entry with one more hash."""
    return text.replace(" \\\n", f" \\\n{_HASH}{'0' * 64} \\\n", 1)


def reordered(text: str) -> str:
    """A lock with its entries from last to first."""
    head, *entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    return head + "".join(reversed([f"{each.rstrip()}\n" for each in entries]))


def reformatted(text: str) -> str:
    """A lock with other comments, spaces and hashes in another order."""
    lines = [line.replace("    --hash", "  --hash") for line in text.splitlines()]
    return "# Another header.\n\n" + "\n".join(lines) + "\n\n"


def _other(digit: str) -> str:
    return "0" if digit != "0" else "1"
