"""Only what Docker does not show; its own answers are in the differential test."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from plinth.archive.tar import (
    DIRECTORY,
    FILE,
    HARDLINK,
    SYMLINK,
    Entry,
    Part,
    begins_as_tar,
    write_tar,
)
from plinth.oci.assemble.layer_tree import CopyError, LayerTree, layer_tree
from plinth.oci.assemble.tree import Node, TreeIndex
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.testing.differential_cases import TAR_TIME, tar


def made(
    step: LayerStep, root: Path, lower: TreeIndex | None = None, owner: tuple[int, int] = (0, 0)
) -> dict[str, Entry]:
    tree = layer_tree(step, owner, lower or TreeIndex(), root, root)
    return {entry.path: entry for entry in tree.finished()}


def step(keyword: str, destination: str, *sources: str, owner: str = "") -> LayerStep:
    return LayerStep("D:2", keyword, sources, destination, owner)


def test_only_the_executable_bit_of_the_context_counts(tmp_path: Path) -> None:
    for name, mode in (("private", 0o600), ("run", 0o700), ("group", 0o070), ("all", 0o777)):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(mode)
        os.utime(tmp_path / name, (1234567, 1234567))
    found = made(step("COPY", "/x/", "."), tmp_path)
    assert {path: (entry.mode, entry.mtime) for path, entry in found.items()} == {
        "x": (0o755, 0),
        "x/private": (0o644, 0),
        "x/run": (0o755, 0),
        "x/group": (0o644, 0),
        "x/all": (0o755, 0),
    }


def test_files_are_read_when_the_layer_is_written(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x")
    assert made(step("COPY", "/", "big"), tmp_path)["big"].content == tmp_path / "big"


def test_parents_stand_in_the_layer_as_they_are_in_the_image(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    lower = TreeIndex({"home": Node(DIRECTORY), "home/app": Node(DIRECTORY, 0o750, 1000, 1001)})
    found = made(step("COPY", "/home/app/n/", "a", owner="5:6"), tmp_path, lower, owner=(5, 6))
    assert [
        (e.path, e.mode, e.uid, e.gid) for e in sorted(found.values(), key=lambda e: e.path)
    ] == [
        ("home", 0o755, 0, 0),
        ("home/app", 0o750, 1000, 1001),
        ("home/app/n", 0o755, 5, 6),
        ("home/app/n/a", 0o644, 5, 6),
    ]


def test_a_tar_keeps_its_times_and_what_is_made_for_it_has_none(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(
        tar(("d", "dir"), ("d/f", "file", "1"), ("d/l", "link", "f"), ("e/f", "file", "2"))
    )
    found = made(step("ADD", "/n", "t.tar"), tmp_path)
    assert {path: entry.mtime for path, entry in found.items()} == {
        "n": 0,
        "n/d": TAR_TIME,
        "n/d/f": TAR_TIME,
        "n/d/l": TAR_TIME,
        "n/e": 0,
        "n/e/f": TAR_TIME,
    }


def test_of_attributes_only_capabilities_are_kept(tmp_path: Path) -> None:
    pax = {"SCHILY.xattr.user.note": "n", "SCHILY.xattr.security.capability": "c"}
    (tmp_path / "t.tar").write_bytes(tar(("f", "file", "1", 0o755, (0, 0), pax)))
    assert made(step("ADD", "/", "t.tar"), tmp_path)["f"].pax == {
        "SCHILY.xattr.security.capability": "c"
    }


def test_hard_links_say_of_their_file_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(
        tar(
            ("a", "file", "1", 0o600, (3, 3)), ("b", "hard", "a"), ("c", "hard", "b", 0o640, (4, 5))
        )
    )
    found = made(step("ADD", "/n", "t.tar"), tmp_path)
    assert {path: (entry.kind, entry.target) for path, entry in found.items() if path != "n"} == {
        "n/a": (FILE, ""),
        "n/b": (HARDLINK, "n/a"),
        "n/c": (HARDLINK, "n/a"),
    }
    assert {(e.mode, e.uid, e.gid) for path, e in found.items() if path != "n"} == {(0o640, 4, 5)}


def test_hard_links_outlive_their_file(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(
        tar(("a", "file", "1"), ("b", "hard", "a"), ("c", "hard", "a"), ("a", "file", "2"))
    )
    found = made(step("ADD", "/", "t.tar"), tmp_path)
    assert {path: (e.kind, e.target, e.read()) for path, e in found.items()} == {
        "a": (FILE, "", b"2"),
        "b": (FILE, "", b"1"),
        "c": (HARDLINK, "b", b""),
    }


def test_the_bytes_do_not_depend_on_the_host(tmp_path: Path) -> None:
    def written(folder: str, umask: int, names: list[str]) -> bytes:
        before = os.umask(umask)
        try:
            root = tmp_path / folder
            root.mkdir()
            for name in names:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(name)
        finally:
            os.umask(before)
        out = io.BytesIO()
        write_tar(made(step("COPY", "/x", "."), root).values(), out)
        return out.getvalue()

    names = ["b/c", "a", "b/a", "d/e/f"]
    assert written("one", 0o022, names) == written("two", 0o077, names[::-1])


@pytest.mark.parametrize("keyword", ["COPY", "ADD"])
def test_a_layer_holds_no_whiteout(tmp_path: Path, keyword: str) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".wh.x").touch()
    with pytest.raises(
        CopyError, match=f"D:2: {keyword}: /d/.wh.x: a layer cannot hold names that"
    ):
        made(step(keyword, "/d/", "d"), tmp_path)


def test_a_fifo_in_the_context_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p")
    with pytest.raises(CopyError, match="p is neither a file, a directory nor a symbolic link"):
        made(step("COPY", "/x", "p"), tmp_path)


def test_a_directory_after_a_file_of_its_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(tar(("a", "file", "1"), ("a", "dir")))
    with pytest.raises(
        CopyError, match="a tar has /a first as something else, then as a directory"
    ):
        made(step("ADD", "/", "t.tar"), tmp_path)


def test_a_working_directory_is_its_owners(tmp_path: Path) -> None:
    lower = TreeIndex({"w": Node(DIRECTORY)})
    found = made(step("WORKDIR", "/w/a/b", owner="7:8"), tmp_path, lower, owner=(7, 8))
    assert {path: (e.uid, e.gid) for path, e in found.items()} == {
        "w": (0, 0),
        "w/a": (7, 8),
        "w/a/b": (7, 8),
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [(tar(("a", "file", "x")), True), (b"", False), (b"\0" * 10240, False), (b"text" * 200, False)],
)
def test_what_is_a_tar(tmp_path: Path, content: bytes, expected: bool) -> None:
    (tmp_path / "t").write_bytes(content)
    assert begins_as_tar(tmp_path / "t") is expected


def test_what_a_removed_directory_held_is_gone() -> None:
    tree = LayerTree(TreeIndex({"d": Node(DIRECTORY), "d/f": Node("other"), "dd": Node(DIRECTORY)}))
    tree.put(Entry("d/g"))
    tree.remove("d")
    tree.put(Entry("d", SYMLINK, target="dd"))
    assert (set(tree.nodes), set(tree.entries)) == ({"d", "dd"}, {"d"})


def test_a_hard_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(tar(("a", "file", "1"), ("a", "hard", "a")))
    with pytest.raises(CopyError, match="a tar has a hard link /a to /a, and a layer can link onl"):
        made(step("ADD", "/", "t.tar"), tmp_path)


def test_a_file_may_become_a_link_to_what_linked_to_it(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(
        tar(("a", "file", "1"), ("b", "hard", "a"), ("a", "hard", "b"))
    )
    found = made(step("ADD", "/", "t.tar"), tmp_path)
    assert (found["b"].read(), found["a"].kind, found["a"].target) == (b"1", HARDLINK, "b")


def test_the_bytes_of_a_tar_stay_on_disk(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(tar(("a", "file", "1"), ("b", "file", "22")))
    (tmp_path / "t.gz").write_bytes(gzip.compress(tar(("a", "file", "333"))))
    plain = made(step("ADD", "/", "t.tar"), tmp_path)
    assert isinstance(plain["a"].content, Part)
    assert [plain[path].read() for path in "ab"] == [b"1", b"22"]
    packed = made(step("ADD", "/", "t.gz"), tmp_path)
    assert isinstance(packed["a"].content, Part)
    assert packed["a"].read() == b"333"
