"""What `COPY`, `ADD` and `WORKDIR` put into an image, as the entries of one layer.

The builders' own steps are followed, in their order, on a tree that knows of the layers below only
what `TreeIndex` tells. Where BuildKit and the legacy builder differ, BuildKit is followed. What is
copied from the build context has mode 0755 or 0644 by its executable bit (directories 0755) and the
time 0, as neither the host's umask nor its clock may reach an image; what is unpacked from a tar
keeps what the tar says. Source: the Dockerfile reference, "COPY" and "ADD".
"""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

from plinth.archive.tar import (
    DIRECTORY,
    FILE,
    HARDLINK,
    SYMLINK,
    Entry,
    TarError,
    begins_as_tar,
    read_tar_file,
)
from plinth.oci.assemble.context import Context, Source
from plinth.oci.assemble.tree import WHITEOUT, Node, TreeError, TreeIndex, follow
from plinth.oci.dockerfile.mode import is_octal, mode_change
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.errors import OciError

# The only extended attribute that Docker takes from an unpacked tar into a layer.
_KEPT_ATTRIBUTE = "SCHILY.xattr.security.capability"


class CopyError(OciError):
    """What an instruction asks for cannot be put where it says."""


@dataclass
class LayerTree:
    """A tree while one instruction changes it: `entries` on top of `lower`.

    `replacing` holds the paths that may take the place of something of another kind, as a tar's do.
    """

    lower: TreeIndex
    entries: dict[str, Entry] = field(default_factory=dict)
    replacing: set[str] = field(default_factory=set)
    nodes: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = dict(self.lower.nodes)

    def kind(self, path: str) -> str | None:
        """The kind of what is at `path`, itself if a link; the root is a directory."""
        node = self.nodes.get(path)
        return node.kind if node else (None if path else DIRECTORY)

    def put(self, entry: Entry) -> None:
        if posixpath.basename(entry.path).startswith(WHITEOUT):
            raise CopyError(f"/{entry.path}: a layer cannot hold names that begin with {WHITEOUT}")
        self.entries[entry.path] = entry
        self.nodes[entry.path] = Node.of(entry)

    def remove(self, path: str) -> None:
        """Take away what is at `path` and in it, so that something else can be put there."""
        self._keep_linked(path)
        for each in [each for each in self.entries if each == path or each.startswith(path + "/")]:
            del self.entries[each]
        for each in [each for each in self.nodes if each == path or each.startswith(path + "/")]:
            del self.nodes[each]

    def _keep_linked(self, path: str) -> None:
        """Give the bytes of the file at `path` to a hard link to it, if there is one."""
        links = [e for e in self.entries.values() if e.kind == HARDLINK and e.target == path]
        for first in links[:1]:
            self.put(replace(self.entries[path], path=first.path))
        for other in links[1:]:
            self.put(replace(other, target=links[0].path))

    def make_directories(
        self, path: str, owner: tuple[int, int] | None = None, mode: int = 0o755
    ) -> None:
        """Make `path` and its parents where they are missing. No link is on the way.

        As with any mkdir, what stands in a folder with a set-group-ID bit has that bit, too, and,
        without an `owner`, the folder's group.
        """
        parts = path.split("/") if path else []
        for end in range(1, len(parts) + 1):
            here = "/".join(parts[:end])
            kind = self.kind(here)
            if kind is None:
                above = self.nodes.get(posixpath.dirname(here))
                inherited = above.mode & stat.S_ISGID if above else 0
                group = above.gid if above and inherited else 0
                self.put(Entry(here, DIRECTORY, mode | inherited, *(owner or (0, group))))
            elif kind != DIRECTORY:
                raise CopyError(f"/{here} is not a directory")

    def finished(self) -> list[Entry]:
        """The layer's entries: whole, with every directory above them as it is in the image."""
        found = dict(self.entries)
        for path in self.entries:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                node = self.nodes[folder]
                found[folder] = Entry(folder, DIRECTORY, node.mode, node.uid, node.gid)
                folder = posixpath.dirname(folder)
        return [_like_its_target(entry, found) for entry in found.values()]


def _like_its_target(entry: Entry, entries: dict[str, Entry]) -> Entry:
    """A hard link with the mode, owner and time of the file that it is."""
    if entry.kind != HARDLINK:
        return entry
    target = entries[entry.target]
    return replace(entry, mode=target.mode, uid=target.uid, gid=target.gid, mtime=target.mtime)


def layer_tree(
    step: LayerStep,
    owner: tuple[int, int],
    lower: TreeIndex,
    root: Path,
    scratch: Path,
    executables: tuple[str, ...] | None = None,
) -> LayerTree:
    """What the step makes of `lower` with the build context in the directory `root`.

    `owner` is the step's owner by number. `executables` are the files of the context with an
    execute bit; None stands for those that have one on disk. The bytes of files stay where they
    are; those of a compressed tar are put into the folder `scratch`. Raises `CopyError` and
    `SourceError`.
    """
    tree = LayerTree(lower)
    given = owner if step.owner else None
    try:
        if step.keyword == "WORKDIR":
            tree.make_directories(follow(step.destination, tree.nodes), given)
            return tree
        context = Context.on_disk(root)
        sources = context.sources(step)
        _one_place_each(step, sources, tree)
        for source in sources:
            file = root / source.path
            if step.keyword == "ADD" and context.kind(source.path) == FILE and begins_as_tar(file):
                _Unpack(tree, follow(step.destination, tree.nodes), given).unpack(file, scratch)
            else:
                _Copy(tree, step, given, context, root, executables).copy(source)
    except (CopyError, TreeError) as error:
        raise CopyError(f"{step.at}: {error}") from error
    return tree


def _one_place_each(step: LayerStep, sources: tuple[Source, ...], tree: LayerTree) -> None:
    # BuildKit would let each file take the place of the one before it.
    if len(sources) == 1 or step.destination.endswith("/"):
        return
    if tree.kind(follow(step.destination, tree.nodes)) != DIRECTORY:
        raise CopyError(
            f"{step.destination} is to take {len(sources)} sources, so it must be a directory: "
            f"write {step.destination}/"
        )


@dataclass(frozen=True)
class _Copy:
    """One instruction's way of copying from the build context."""

    tree: LayerTree
    step: LayerStep
    owner: tuple[int, int] | None
    context: Context
    root: Path
    executables: tuple[str, ...] | None

    def copy(self, source: Source) -> None:
        """Copy a file, or what is in a directory, to the step's destination."""
        tree, destination = self.tree, self.step.destination
        folder = destination if destination.endswith("/") else posixpath.dirname(destination)
        self.make_directories(follow(folder, tree.nodes))
        place = follow(destination, tree.nodes)
        if self.context.kind(source.path) == DIRECTORY:
            if tree.kind(place) is None:
                self.make_directories(place)
            if tree.kind(place) != DIRECTORY:
                raise CopyError(f"{source.path or '.'} is a directory, and /{place} is not")
            self.copy_children(source.path, place)
            return
        if tree.kind(place) == DIRECTORY:
            place = f"{place}/{source.name}" if place else source.name
        self.make_directories(posixpath.dirname(place))
        self.copy_file(source.path, place)

    def make_directories(self, path: str) -> None:
        """The destination's folders. Of an octal `--chmod` they have what mkdir takes of it."""
        mode = int(self.step.mode, 8) & 0o777 if is_octal(self.step.mode) else 0o755
        self.tree.make_directories(path, self.owner, mode)

    def copy_children(self, folder: str, place: str) -> None:
        for name in self.context.children.get(folder, ()):
            path = f"{folder}/{name}" if folder else name
            to = f"{place}/{name}" if place else name
            if self.context.kind(path) != DIRECTORY:
                self.copy_file(path, to)
                continue
            if self.tree.kind(to) not in (None, DIRECTORY):
                raise CopyError(f"{path} is a directory, and /{to} in the image is not")
            # Unlike the destination itself, a directory within it is made like its source.
            self.tree.put(self.entry(to, DIRECTORY, self.mode(0o755, directory=True)))
            self.copy_children(path, to)

    def copy_file(self, path: str, to: str) -> None:
        if self.tree.kind(to) == DIRECTORY:
            raise CopyError(f"{path} is not a directory, and /{to} in the image is one")
        if to in self.tree.entries:
            self.tree.remove(to)
        node, source = self.context.nodes[path], self.root / path
        if node.kind == SYMLINK:
            self.tree.put(replace(self.entry(to, SYMLINK, 0o777), target=node.target))
            return
        status = source.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CopyError(f"{path} is neither a file, a directory nor a symbolic link")
        executable = bool(status.st_mode & stat.S_IXUSR)
        if self.executables is not None:
            executable = path in self.executables
        mode = self.mode(0o755 if executable else 0o644)
        self.tree.put(replace(self.entry(to, FILE, mode), content=source))

    def entry(self, path: str, kind: str, mode: int) -> Entry:
        return Entry(path, kind, mode, *(self.owner or (0, 0)))

    def mode(self, usual: int, directory: bool = False) -> int:
        return mode_change(self.step.mode)(usual, directory) if self.step.mode else usual


@dataclass(frozen=True)
class _Unpack:
    """One tar's way into the tree: below `root`, which is as `/` to all that is in it.

    `owner` is the owner of all of its entries, if `--chown` gives one.
    """

    tree: LayerTree
    root: str
    owner: tuple[int, int] | None

    def unpack(self, archive: Path, scratch: Path) -> None:
        self.tree.make_directories(self.root, self.owner)
        try:
            for entry in read_tar_file(archive, scratch):
                self.put(entry)
        except TarError as error:
            raise CopyError(
                f"{archive.name} begins as a tar and cannot be unpacked: {error}"
            ) from error

    def put(self, entry: Entry) -> None:
        tree, path = self.tree, self.place(entry.path)
        pax = {key: value for key, value in entry.pax.items() if key == _KEPT_ATTRIBUTE}
        uid, gid = self.owner or (entry.uid, entry.gid)
        entry = replace(entry, path=path, pax=pax, uid=uid, gid=gid)
        if (
            entry.kind == DIRECTORY
            and path in tree.replacing
            and tree.kind(path) not in (None, DIRECTORY)
        ):
            raise CopyError(f"a tar has /{path} first as something else, then as a directory")
        if tree.kind(path) is not None and not (tree.kind(path) == entry.kind == DIRECTORY):
            tree.remove(path)
        if entry.kind == HARDLINK:
            entry = self.linked(entry)
        tree.replacing.add(path)
        tree.put(entry)

    def place(self, path: str) -> str:
        """Where a path of the tar is; the folders on the way are made if they are missing."""
        *folders, name = path.split("/")
        place = self.root
        for folder in folders:
            here = posixpath.join(place, folder)
            place = self.through(here)
            if self.tree.kind(place) is None and here != place:
                raise CopyError(f"/{here} is a link to /{place}, which does not exist")
            self.tree.make_directories(place, (0, 0))
        return posixpath.join(place, name)

    def through(self, path: str) -> str:
        return follow(path[len(self.root) :].lstrip("/"), self.tree.nodes, self.root)

    def linked(self, entry: Entry) -> Entry:
        """The entry of a hard link, whose file gets the link's mode, owner and time."""
        tree = self.tree
        folder = self.through(posixpath.join(self.root, posixpath.dirname(entry.target)))
        path = posixpath.join(folder, posixpath.basename(entry.target))
        target = tree.entries.get(path)
        if target is not None and target.kind == HARDLINK:
            path, target = target.target, tree.entries[target.target]
        if target is None or target.kind == DIRECTORY:
            raise CopyError(
                f"a tar has a hard link /{entry.path} to /{path}, and a layer can link only to a "
                f"file in it"
            )
        tree.put(replace(target, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime))
        return replace(entry, target=path)
