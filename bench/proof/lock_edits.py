"""Edits of the locks. Each says what it did."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from proof.tree import Tree

_LOCK, _REQUEST = "3rdparty/python/requirements.txt", "3rdparty/python/requirements.in"
_PYTEST_LOCK = "3rdparty/tools/pytest/requirements.txt"
_DEBIAN = "3rdparty/debian/lock.json"
# One locked requirement with its hashes and edges.
_ENTRY = re.compile(r"^(?=[a-z0-9])", re.MULTILINE)


class NotLocked(Exception):
    """No version was found that the lock could hold instead."""


def change_version(tree: Tree) -> str:
    """As a dependency updater does it, but downwards: what is locked may be the newest."""
    name, version = tree.random.choice(_names_and_versions(tree))
    with tempfile.TemporaryDirectory() as folder:
        constraint = Path(folder) / "constraint.txt"
        constraint.write_text(f"{name}<{version}\n")
        env = {**os.environ, "UV_CONSTRAINT": str(constraint)}
        command = ["ci/lock", "python"]
        done = subprocess.run(
            command, cwd=tree.root, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotLocked(f"{name}<{version}: {done.stderr.strip().splitlines()[-1:]}")
        # Where the constraint stood is no part of the edit.
        text = re.sub(rf"^    #   -c {re.escape(folder)}.*\n", "", tree.read(_LOCK), flags=re.M)
        tree.write(_LOCK, text)
    new = dict(_names_and_versions(tree)).get(name, "none")
    return f"{name} {version} → {new}, with what that brings"


def reverse_hashes(tree: Tree) -> str:
    """The same lock in another order of hashes."""

    def entry(text: str) -> str:
        hashes = re.findall(r"--hash=\S+", text)
        replacements = iter(reversed(hashes))
        return re.sub(r"--hash=\S+", lambda _: next(replacements), text)

    tree.write(_LOCK, "".join(map(entry, _ENTRY.split(tree.read(_LOCK)))))
    return f"{_LOCK} in another order of hashes"


def reverse_entries(tree: Tree) -> str:
    """The same lock in another order of entries."""
    head, *entries = _ENTRY.split(tree.read(_LOCK))
    tree.write(_LOCK, "".join([head, *reversed(entries)]))
    return f"{_LOCK} in another order of entries"


def drop_from_platform(tree: Tree) -> str:
    """A marker keeps a project that only others require out of the images."""
    entries = _ENTRY.split(tree.read(_LOCK))
    found = [each for each in entries if "==" in each and ";" not in each and "-r 3rd" not in each]
    entry = tree.random.choice(found)
    name = entry.split("==")[0]
    marked = entry.replace(" \\", " ; sys_platform == 'win32' \\", 1)
    tree.replace(_LOCK, entry, marked)
    return f"{name} for Windows only"


def bump_for_windows(tree: Tree) -> str:
    """What no system gets that Pants runs on."""
    path = tree.random.choice([_LOCK, _PYTEST_LOCK])
    name, version = tree.random.choice(
        re.findall(r"^(\S+)==(\S+) ; .*win32", tree.read(path), re.M)
    )
    tree.replace(path, f"{name}=={version} ;", f"{name}=={version}.post9 ;")
    return f"{name} {version} → {version}.post9 in {path}, for Windows alone"


def add_edge(tree: Tree) -> str:
    """One locked project requires another that it did not require."""
    child, parent = tree.random.sample(_names_and_versions(tree), 2)
    entries = _ENTRY.split(tree.read(_LOCK))
    entry = next(each for each in entries if re.match(rf"{re.escape(child[0])}[\[=]", each))
    lines = entry.rstrip("\n").split("    # via")
    tree.replace(_LOCK, entry, f"{lines[0]}    # via\n    #   {parent[0]}\n{_listed(lines[1])}")
    return f"{parent[0]} requires {child[0]}"


def comment_request(tree: Tree) -> str:
    tree.append(_REQUEST, f"# {tree.number()}\n")
    return f"new comment in {_REQUEST}"


def reformat_debian(tree: Tree) -> str:
    tree.write(_DEBIAN, json.dumps(json.loads(tree.read(_DEBIAN)), indent=1) + "\n")
    return f"{_DEBIAN} reformatted"


def _listed(via: str) -> str:
    """The edges of a `# via` comment, each on a line of its own."""
    one = via.strip()
    return f"    #   {one}\n" if one and not one.startswith("#") else via.lstrip("\n") + "\n"


def _names_and_versions(tree: Tree) -> list[tuple[str, str]]:
    found = re.findall(r"^([a-z0-9][^=\[\s]*)(?:\[.*?\])?==(\S+)", tree.read(_LOCK), re.MULTILINE)
    return sorted(found)


LOCK_EDITS = {
    change_version: 5,
    reverse_hashes: 1,
    reverse_entries: 1,
    drop_from_platform: 1,
    bump_for_windows: 1,
    add_edge: 1,
    comment_request: 1,
    reformat_debian: 1,
}
