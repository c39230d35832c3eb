from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.archive.tar import DIRECTORY, HARDLINK, SYMLINK, Entry
from plinth.oci.assemble.tree import (
    OTHER,
    Node,
    TreeError,
    TreeIndex,
    follow,
    index_after,
    index_of_entries,
    owner_ids,
    seen_from,
)

NODES = {
    "usr": Node(DIRECTORY),
    "usr/lib": Node(DIRECTORY),
    "usr/lib/x": Node(OTHER),
    "usr/share": Node(DIRECTORY),
    "lib": Node(SYMLINK, target="usr/lib"),
    "abs": Node(SYMLINK, target="/usr/lib"),
    "up": Node(SYMLINK, target="../../usr"),
    "file": Node(SYMLINK, target="usr/lib/x"),
    "nowhere": Node(SYMLINK, target="/none/at/all"),
    "loop": Node(SYMLINK, target="loop"),
    "tmp": Node(DIRECTORY, 0o1777),
    "home": Node(DIRECTORY),
    "home/app": Node(DIRECTORY, 0o750, 1000, 1001),
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lib/x", "usr/lib/x"),
        ("abs/new/deep", "usr/lib/new/deep"),
        ("up/lib", "usr/lib"),
        ("file", "usr/lib/x"),
        ("nowhere/more", "none/at/all/more"),
        ("/", ""),
        ("../../usr", "usr"),
    ],
)
def test_links_are_followed_and_never_out(path: str, expected: str) -> None:
    assert follow(path, NODES) == expected


def test_a_last_link_is_followed_on_request() -> None:
    assert follow("/lib", NODES, last=False) == "lib"
    assert follow("/lib/x", NODES, last=False) == "usr/lib/x"


def test_a_root_holds_links_in() -> None:
    nodes = {
        "r": Node(DIRECTORY),
        "r/abs": Node(SYMLINK, target="/a"),
        "r/up": Node(SYMLINK, target="../a"),
        "a": Node(DIRECTORY),
    }
    assert follow("abs/b", nodes, root="r") == "r/a/b"
    assert follow("up", nodes, root="r") == "r/a"


def test_a_loop_is_an_error() -> None:
    with pytest.raises(TreeError, match="/loop/x leads through a loop"):
        follow("loop/x", NODES)


def test_json_is_nested_and_small() -> None:
    index = TreeIndex(NODES, {"etc/passwd": "root:x:0:0::/:\n"})
    assert index.to_json() == {
        "tree": {
            "abs": "/usr/lib",
            "file": "usr/lib/x",
            "home": {"app": {"": [0o750, 1000, 1001]}},
            "lib": "usr/lib",
            "loop": "loop",
            "nowhere": "/none/at/all",
            "tmp": {"": [0o1777, 0, 0]},
            "up": "../../usr",
            "usr": {"lib": {"x": 0}, "share": {}},
        },
        "users": {"etc/passwd": "root:x:0:0::/:\n"},
    }
    assert TreeIndex.from_json(json.loads(index.to_bytes())) == index


names = st.sampled_from(["a", "b", "c", "\udcff", "é"])
entries = st.dictionaries(
    st.lists(names, min_size=1, max_size=3).map("/".join),
    st.sampled_from(
        [
            Node(DIRECTORY),
            Node(DIRECTORY, 0o700, 1, 2),
            Node(OTHER),
            Node(SYMLINK, target="a/b"),
        ]
    ),
).map(lambda nodes: {p: n for p, n in nodes.items() if _has_only_directories_above(p, nodes)})


def _has_only_directories_above(path: str, nodes: dict[str, Node]) -> bool:
    parts = path.split("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts)))
    return all(parent in nodes and nodes[parent].kind == DIRECTORY for parent in above)


@given(entries)
def test_an_index_survives_json(nodes: dict[str, Node]) -> None:
    index = TreeIndex(nodes)
    assert TreeIndex.from_json(json.loads(index.to_bytes())) == index


@given(entries, st.lists(names, min_size=1, max_size=4).map("/".join))
def test_what_is_seen_leads_where_the_whole_does(nodes: dict[str, Node], path: str) -> None:
    index = TreeIndex(nodes)
    try:
        end = follow(path, index.nodes)
    except TreeError:
        return
    seen = TreeIndex.from_json(json.loads(seen_from(index, path).to_bytes()))
    assert follow(path, seen.nodes) == end
    assert seen.nodes.get(end) == index.nodes.get(end)
    assert seen.nodes.items() <= index.nodes.items()


def test_files_and_usual_directories_elsewhere_are_not_seen() -> None:
    assert set(seen_from(TreeIndex(NODES), "/home/new").nodes) == {
        *("home", "home/app", "tmp"),
        *("lib", "abs", "up", "nowhere", "loop", "usr", "usr/lib"),
    }


def test_a_layer_lies_on_an_index() -> None:
    lower = index_of_entries(
        [
            Entry("etc", DIRECTORY),
            Entry("etc/passwd", content=b"old:x:1:1::/:\n"),
            Entry("etc/group", content=b"old:x:1:\n"),
            Entry("d", DIRECTORY),
            Entry("d/sub", DIRECTORY),
            Entry("d/sub/f"),
            Entry("e", DIRECTORY),
            Entry("e/f"),
            Entry("e/g"),
            Entry("o", DIRECTORY),
            Entry("o/f"),
        ]
    )
    layer = index_of_entries(
        [
            Entry("d", SYMLINK, target="e"),
            Entry("e/.wh.f"),
            Entry("e/h"),
            Entry("o/.wh..wh..opq"),
            Entry("o/new"),
            Entry("etc/passwd", content=b"new:x:2:3::/:\n"),
            Entry("p/q/r"),
        ]
    )
    index = index_after(lower, layer)
    assert sorted(index.nodes) == [
        *("d", "e", "e/g", "e/h", "etc", "etc/group", "etc/passwd"),
        *("o", "o/new", "p", "p/q", "p/q/r"),
    ]
    assert index.nodes["d"] == Node(SYMLINK, target="e")
    assert owner_ids(index, "new:old") == (2, 1)
    gone = index_after(index, index_of_entries([Entry("etc/.wh.passwd")]))
    assert gone.users == {"etc/group": "old:x:1:\n"}


def test_users_may_stand_behind_links() -> None:
    index = index_of_entries(
        [
            Entry("etc", SYMLINK, target="usr/etc"),
            Entry("usr/etc/passwd", SYMLINK, target="/data/passwd"),
            Entry("data/passwd", content=b"app:x:5:6::/:\n"),
            Entry("usr/etc/group", SYMLINK, target="/data/teams"),
            Entry("data/teams", content=b"staff:x:50:\n"),
        ]
    )
    assert owner_ids(index, "app") == (5, 6)
    with pytest.raises(TreeError, match="/etc/group leads to /data/teams, whose names are not re"):
        owner_ids(index, "app:staff")


def test_a_program_named_passwd_is_not_kept_as_text() -> None:
    entries = [
        Entry("bin/passwd", content=b"\x7fELF\0\0"),
        Entry("a/passwd", content=b"a:x:1:1::/:\n" * 200_000),
        Entry("b/passwd", content=b"b:x:1:1::/:\n"),
        Entry("c/passwd", HARDLINK, target="b/passwd"),
    ]
    assert set(index_of_entries(entries).users) == {"b/passwd", "c/passwd"}


def test_a_user_file_that_something_else_replaces_is_gone() -> None:
    lower = index_of_entries([Entry("etc/passwd", content=b"app:x:5:6::/:\n")])
    over = index_after(lower, index_of_entries([Entry("etc/passwd", SYMLINK, target="/nowhere")]))
    assert over.users == {}


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("", (0, 0)),
        ("7", (7, 7)),
        ("7:8", (7, 8)),
        ("app", (1000, 1001)),
        ("app:staff", (1000, 50)),
        (":staff", (0, 50)),
        ("app:", (1000, 0)),
        ("root", (0, 0)),
        ("2147483647", (2147483647, 2147483647)),
    ],
)
def test_owners(owner: str, expected: tuple[int, int]) -> None:
    passwd = "root:x:1:1::/:\napp:x:1000:1001::/:\napp:x:2:2::/:\nbad\n"
    index = TreeIndex({}, {"etc/passwd": passwd, "etc/group": "staff:x:50:\nstaff:x:51:\n"})
    assert owner_ids(index, owner) == expected


def test_root_is_known_everywhere() -> None:
    assert owner_ids(TreeIndex(), "root:root") == (0, 0)


@pytest.mark.parametrize(
    ("owner", "message"),
    [
        ("nobody", "there is no user 'nobody': /etc/passwd knows only app; use a number"),
        ("app:wheel", "there is no group 'wheel': /etc/group is not in the image; use a number"),
        ("-1", "there is no user '-1'"),
        ("4294967296", "there is no user '4294967296'"),
    ],
)
def test_unknown_owners(owner: str, message: str) -> None:
    with pytest.raises(TreeError, match=message):
        owner_ids(TreeIndex({}, {"etc/passwd": "app:x:1:1::/:\n"}), owner)
