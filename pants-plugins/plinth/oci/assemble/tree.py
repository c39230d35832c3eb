"""The file tree of an image as far as later instructions can see it: kinds, not contents.

A directory has its mode and owner, a symbolic link its target; of all else it is known only that it
is there. Files named `passwd` and `group` are kept as text, for `--chown` by name: those in `etc`
may be links to others. The index of a base goes with the base, so that a layer on top of it is made
without the base's bytes.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from plinth.archive.tar import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry, normalise
from plinth.oci.errors import OciError

OTHER = "other"
_DEFAULT = (0o755, 0, 0)
_MAX_LINKS = 255
_MAX_ID = 2**31 - 1
_PASSWD, _GROUP = "etc/passwd", "etc/group"
# Of a larger file, the text is not kept: it is hardly one of users.
_MOST_TEXT = 1 << 20
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"


class TreeError(OciError):
    """A path that cannot be followed, or an owner that an image does not know."""


@dataclass(frozen=True)
class Node:
    """What stands at a path. Mode and owner are a directory's, `target` is a symbolic link's."""

    kind: str
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    target: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Node:
        """The node that this entry of a layer makes."""
        if entry.kind == DIRECTORY:
            return cls(DIRECTORY, entry.mode, entry.uid, entry.gid)
        return cls(SYMLINK, target=entry.target) if entry.kind == SYMLINK else cls(OTHER)

    @property
    def is_plain(self) -> bool:
        """Whether it is a directory such as one gets by asking for nothing else."""
        return self.kind == DIRECTORY and (self.mode, self.uid, self.gid) == _DEFAULT


@dataclass(frozen=True)
class TreeIndex:
    """An image's tree: normalised path to node, the root left out.

    `users` are the texts of the files by their paths that may be its user database.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    users: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def to_json(self) -> dict[str, Any]:
        """Nested by folder: a number is a file, a text a link's target, an object a directory.

        A directory's own mode and owner stand under the empty name when they are not the usual.
        """
        root: dict[str, Any] = {}
        for path, node in sorted(self.nodes.items()):
            folder, parts = root, path.split("/")
            for part in parts[:-1]:
                folder = folder.setdefault(part, {})
            if node.kind == DIRECTORY:
                found = folder.setdefault(parts[-1], {})
                if not node.is_plain:
                    found[""] = [node.mode, node.uid, node.gid]
            else:
                folder[parts[-1]] = node.target if node.kind == SYMLINK else 0
        return {"tree": root, "users": dict(self.users)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TreeIndex:
        """The inverse of `to_json`."""
        nodes: dict[str, Node] = {}

        def visit(folder: Mapping[str, Any], below: str) -> None:
            for name, found in folder.items():
                path = below + name
                if isinstance(found, dict):
                    nodes[path] = Node(DIRECTORY, *found.get("", _DEFAULT))
                    visit({key: each for key, each in found.items() if key}, path + "/")
                else:
                    nodes[path] = (
                        Node(SYMLINK, target=found) if isinstance(found, str) else Node(OTHER)
                    )

        visit(value["tree"], "")
        return cls(nodes, value["users"])

    def to_bytes(self) -> bytes:
        """The index as compact JSON, in ASCII whatever the names."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":")).encode()


def follow(path: str, nodes: Mapping[str, Node], root: str = "", last: bool = True) -> str:
    """Where `path` leads, from `root` and never out of it; what does not exist stands for itself.

    A link in its last place is followed only if `last`. Raises `TreeError` for a loop.
    """
    return _walk(path, nodes, root, last, set())


def on_the_way(path: str, nodes: Mapping[str, Node]) -> frozenset[str]:
    """The paths that `follow` looks at, its end included."""
    seen: set[str] = set()
    with contextlib.suppress(TreeError):
        _walk(path, nodes, "", True, seen)
    return frozenset(seen)


def _walk(path: str, nodes: Mapping[str, Node], root: str, last: bool, seen: set[str]) -> str:
    todo, found, links = normalise(path).split("/"), root, 0
    while todo:
        part = todo.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            found = found.rpartition("/")[0] if found != root else root
            continue
        here = f"{found}/{part}" if found else part
        seen.add(here)
        node = nodes.get(here)
        if node is None or node.kind != SYMLINK or (not todo and not last):
            found = here
            continue
        links += 1
        if links > _MAX_LINKS:
            raise TreeError(f"/{normalise(path)} leads through a loop of symbolic links")
        todo = node.target.split("/") + todo
        if node.target.startswith("/"):
            found = root
    return found


def index_of_entries(entries: Iterable[Entry]) -> TreeIndex:
    """The index of a layer's entries alone."""
    nodes: dict[str, Node] = {}
    users: dict[str, str] = {}
    for entry in entries:
        nodes[entry.path] = Node.of(entry)
        text = users.get(entry.target) if entry.kind == HARDLINK else _user_text(entry)
        if text is not None and _may_hold_users(entry.path):
            users[entry.path] = text
    return TreeIndex(nodes, users)


def _may_hold_users(path: str) -> bool:
    return path.rpartition("/")[2] in ("passwd", "group")


def _user_text(entry: Entry) -> str | None:
    """The text of a file, if it is one and may be that of users."""
    if entry.kind != FILE or not _may_hold_users(entry.path):
        return None
    with entry.opened() as (source, size):
        content = source.read(size) if size <= _MOST_TEXT else b"\0"
    return None if b"\0" in content else content.decode(errors="replace")


def index_after(lower: TreeIndex, layer: TreeIndex) -> TreeIndex:
    """The index of an image once `layer` lies on `lower`; whiteouts take away what they name."""
    nodes = dict(lower.nodes)
    gone = {path for path, node in layer.nodes.items() if _hides(path, node, nodes)}
    gone |= {_hidden(path) for path in layer.nodes if _is_whiteout(path)}
    emptied = {path.rpartition("/")[0] for path in layer.nodes if path.endswith(OPAQUE)}
    if "" in emptied:
        nodes = {}
    elif gone or emptied:
        nodes = {
            path: node
            for path, node in nodes.items()
            if path not in gone and not any(parent in gone | emptied for parent in _parents(path))
        }
    nodes.update((path, node) for path, node in layer.nodes.items() if not _is_whiteout(path))
    for path in layer.nodes:
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in nodes:
                break
            nodes[path] = Node(DIRECTORY)
    kept = (path for path in lower.users if path in nodes and path not in layer.nodes)
    return TreeIndex(nodes, {**{path: lower.users[path] for path in kept}, **layer.users})


def seen_from(index: TreeIndex, destination: str) -> TreeIndex:
    """As much of the index as decides what a layer is that is made at `destination`.

    That is what stands on the way there, links that lead on, and directories that are not the
    usual: one of mode 0755 and root's looks the same in a layer whether it was there before or not.
    So a base may gain and lose files without the layers above it being made anew.
    """
    kept = set(on_the_way(destination, index.nodes))
    for path, node in index.nodes.items():
        if node.kind == DIRECTORY and not node.is_plain:
            kept.add(path)
        elif node.kind == SYMLINK and _leads_on(path, index):
            kept |= on_the_way(path, index.nodes)
    return TreeIndex({path: node for path, node in index.nodes.items() if path in kept})


def _leads_on(path: str, index: TreeIndex) -> bool:
    """Whether the link at `path` leads to a directory, or to nothing yet."""
    try:
        end = index.nodes.get(follow(path, index.nodes))
    except TreeError:
        return True
    return end is None or end.kind == DIRECTORY


def _hides(path: str, node: Node, nodes: Mapping[str, Node]) -> bool:
    """Whether a node takes the place of something with which it cannot be merged."""
    below = nodes.get(path)
    return below is not None and DIRECTORY in (below.kind, node.kind) and below.kind != node.kind


def _is_whiteout(path: str) -> bool:
    return path.rpartition("/")[2].startswith(WHITEOUT)


def _hidden(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + name[len(WHITEOUT) :]


def _parents(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def owner_ids(index: TreeIndex, owner: str) -> tuple[int, int]:
    """The user's and group's numbers for `user[:group]`, by number or by the image's names.

    A user by name brings its own group, one by number the group of that number; an empty part is 0,
    and so is root whatever the image says. Raises `TreeError` for a name that the image does not
    know.
    """
    if not owner:
        return 0, 0
    user, colon, group = owner.partition(":")
    uid, own = _ids(index, user, _PASSWD) if user else (0, 0)
    if not colon:
        return uid, own
    return uid, (_ids(index, group, _GROUP)[0] if group else 0)


def _ids(index: TreeIndex, name: str, path: str) -> tuple[int, int]:
    """The number of the user or group, and the user's group."""
    if name == "root":
        return 0, 0
    if re.fullmatch(r"[0-9]+", name) and int(name) <= _MAX_ID:
        return int(name), int(name)
    known: dict[str, list[str]] = {}
    for line in _users_at(index, path).split("\n"):
        row = line.strip().split(":")
        if len(row) > 2 and row[2].isdigit():
            known.setdefault(row[0], row)  # the first of a name counts
    if name not in known:
        has = f"knows only {', '.join(sorted(known))}" if known else "is not in the image"
        what = "user" if path == _PASSWD else "group"
        raise TreeError(f"there is no {what} {name!r}: /{path} {has}; use a number")
    row = known[name]
    return int(row[2]), int(row[3]) if path == _PASSWD and len(row) > 3 and row[3].isdigit() else 0


def _users_at(index: TreeIndex, path: str) -> str:
    """The text of the file of users or groups, which may stand behind links."""
    there = follow(path, index.nodes)
    text = index.users.get(there)
    if text is None and there in index.nodes:
        raise TreeError(f"/{path} leads to /{there}, whose names are not read; use a number")
    return text or ""
