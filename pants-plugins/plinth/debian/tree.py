"""A file tree, as entries by path: merge packages into one, follow its links, leave parts out."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from plinth.archive.tar import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry, normalise, with_parents
from plinth.debian.deb import Deb
from plinth.debian.errors import RootError

Tree = dict[str, Entry]

# Debian 12 is merged: these are links into usr/, whatever a package's own file list says.
MERGED = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
_MOST_LINKS = 40  # as many as Linux follows


def merge(debs: Iterable[Deb]) -> Tree:
    """The packages' files in one tree: all in /usr, owned by root, without times and setuid.

    Directories are shared; where their modes differ, the package first by name decides. Raises
    `RootError` when two packages have one file, and for what cannot be unpacked without privileges
    (devices).
    """
    tree: Tree = {}
    owners: dict[str, str] = {}
    for deb in sorted(debs, key=lambda deb: deb.name):
        for entry in deb.entries:
            entry = _plain(entry, deb)
            known = tree.get(entry.path)
            if known is None:
                tree[entry.path], owners[entry.path] = entry, deb.name
            elif known.kind != DIRECTORY or entry.kind != DIRECTORY:
                raise RootError(
                    f"/{entry.path} is in {owners[entry.path]} and in {deb.name}: leave one of the "
                    "packages out."
                )
    tree = {entry.path: entry for entry in with_parents(tree.values())}
    _check_places(tree, owners)
    return tree


def _plain(entry: Entry, deb: Deb) -> Entry:
    """The entry as it stands in a root: no owner, time, attributes, setuid or setgid of its own."""
    if entry.kind not in (FILE, DIRECTORY, SYMLINK, HARDLINK):
        raise RootError(
            f"{deb.name} holds a {entry.kind}, /{entry.path}: a root has files, directories and "
            "links."
        )
    return replace(
        entry,
        path=merged_usr(entry.path),
        # A sticky directory is for everybody's files; no program in a Lambda runs as another user.
        mode=entry.mode & (0o1777 if entry.kind == DIRECTORY else 0o777),
        target=merged_usr(entry.target) if entry.kind == HARDLINK else entry.target,
        uid=0,
        gid=0,
        mtime=0,
        pax={},
    )


def merged_usr(path: str) -> str:
    """Where a path stands when /bin, /lib and the like are links into /usr."""
    return f"usr/{path}" if path.split("/")[0] in MERGED else path


def _check_places(tree: Tree, owners: dict[str, str]) -> None:
    for path, entry in tree.items():
        parent = posixpath.dirname(path)
        if parent and tree[parent].kind != DIRECTORY:
            raise RootError(
                f"{owners[path]} has /{path}, but /{parent} is a {tree[parent].kind} of "
                f"{owners[parent]}: leave one of the packages out."
            )
        if entry.kind == HARDLINK and (entry.target not in tree or tree[entry.target].kind != FILE):
            raise RootError(
                f"{owners[path]}: /{path} is a hard link to /{entry.target}, which is no file."
            )


def find(tree: Tree, path: str) -> Entry | None:
    """The entry that a path means, links followed as inside the root; None if it leads nowhere."""
    done, parts, links = "", [part for part in path.split("/") if part], 0
    while parts:
        here = normalise(f"{done}/{parts.pop(0)}")
        entry = tree.get(here)
        if entry is None and here:
            return None
        if entry is not None and entry.kind == SYMLINK:
            links += 1
            if links > _MOST_LINKS:
                return None
            done = "" if entry.target.startswith("/") else done
            parts = [part for part in entry.target.split("/") if part] + parts
        else:
            done = here
    found = tree.get(done)
    return tree.get(found.target) if found is not None and found.kind == HARDLINK else found


def without(tree: Tree, patterns: Iterable[str]) -> Tree:
    """The tree less what the patterns match, and all below that.

    A pattern is a path from the root in which `*` stands for any text, slashes included. Raises
    `RootError` for one that matches nothing: what it was written for has moved.
    """
    gone: set[str] = set()
    for pattern in patterns:
        matched = {path for path in tree if fnmatchcase(path, pattern.strip("/"))}
        if not matched:
            raise RootError(
                f"nothing in the root matches {pattern!r}, which is to be left out: remove or "
                "correct it."
            )
        gone |= matched
    kept = {path: entry for path, entry in tree.items() if not _is_below(path, gone)}
    for path, entry in kept.items():
        if entry.kind == HARDLINK and entry.target not in kept:
            raise RootError(
                f"/{entry.target} is to be left out, but /{path} is a hard link to it: name both."
            )
    return kept


def _is_below(path: str, gone: set[str]) -> bool:
    while path:
        if path in gone:
            return True
        path = posixpath.dirname(path)
    return False
