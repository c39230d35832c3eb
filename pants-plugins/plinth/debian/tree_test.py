from __future__ import annotations

import pytest

from plinth.archive.tar import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry
from plinth.debian.deb import Deb
from plinth.debian.errors import RootError
from plinth.debian.tree import find, merge, merged_usr, without


def deb(name: str, *entries: Entry) -> Deb:
    return Deb(name, "1.0", f"Package: {name}\n", entries)


def test_packages_share_directories_and_keep_their_files() -> None:
    tree = merge(
        [
            deb("b", Entry("usr", DIRECTORY), Entry("usr/b", content=b"b")),
            deb("a", Entry("usr", DIRECTORY), Entry("usr/a", content=b"a")),
        ]
    )

    assert sorted(tree) == ["usr", "usr/a", "usr/b"]


def test_one_file_in_two_packages_is_an_error_with_both_names() -> None:
    with pytest.raises(RootError, match="/etc/a is in one and in two"):
        merge([deb("two", Entry("etc/a")), deb("one", Entry("etc/a"))])


def test_that_holds_also_for_a_file_that_the_merge_of_usr_brings_to_one_path() -> None:
    with pytest.raises(RootError, match="/usr/lib/a is in one and in two"):
        merge([deb("one", Entry("lib/a")), deb("two", Entry("usr/lib/a"))])


@pytest.mark.parametrize(
    ("path", "merged"),
    [
        ("lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("bin", "usr/bin"),
        ("sbin/ldconfig", "usr/sbin/ldconfig"),
        ("usr/lib/a", "usr/lib/a"),
        ("library/a", "library/a"),
        ("etc/lib/a", "etc/lib/a"),
    ],
)
def test_bin_lib_and_sbin_are_merged_into_usr(path: str, merged: str) -> None:
    assert merged_usr(path) == merged


def test_the_targets_of_hard_links_move_with_their_files() -> None:
    tree = merge([deb("a", Entry("lib/a"), Entry("usr/b", HARDLINK, target="lib/a"))])

    assert tree["usr/b"].target == "usr/lib/a"


def test_owners_times_attributes_setuid_and_setgid_go_and_sticky_directories_stay() -> None:
    tree = merge(
        [
            deb(
                "a",
                Entry("bin/su", mode=0o4755, uid=1, gid=2, mtime=3, pax={"SCHILY.xattr.a": "b"}),
                Entry("var/mail", DIRECTORY, 0o2775, gid=8),
                Entry("tmp", DIRECTORY, 0o1777),
            )
        ]
    )

    assert tree["usr/bin/su"] == Entry("usr/bin/su", mode=0o755)
    assert tree["var/mail"].mode == 0o775
    assert tree["tmp"].mode == 0o1777


@pytest.mark.parametrize("kind", ["character device", "block device", "fifo"])
def test_what_only_root_can_unpack_is_refused(kind: str) -> None:
    with pytest.raises(RootError, match=f"a holds a {kind}, /dev/null"):
        merge([deb("a", Entry("dev/null", kind))])


def test_a_file_below_a_file_or_a_link_is_refused() -> None:
    link = deb("one", Entry("usr/share/doc/a", SYMLINK, target="/etc"))

    with pytest.raises(RootError, match="two has /usr/share/doc/a/b, but /usr/share/doc/a is a sy"):
        merge([link, deb("two", Entry("usr/share/doc/a/b"))])


def test_a_hard_link_to_nothing_is_refused() -> None:
    with pytest.raises(RootError, match="/b is a hard link to /a, which is no file"):
        merge([deb("one", Entry("b", HARDLINK, target="a"))])


TREE = merge(
    [
        deb(
            "a",
            Entry("usr/lib/a/file", content=b"found"),
            Entry("usr/lib/hard", HARDLINK, target="usr/lib/a/file"),
            Entry("usr/lib/up", SYMLINK, target="../../../../usr/lib/a"),
            Entry("usr/lib/absolute", SYMLINK, target="/usr/lib/up/file"),
            Entry("usr/lib/loop", SYMLINK, target="loop"),
            Entry("usr/lib/dangling", SYMLINK, target="nowhere"),
        )
    ]
)


@pytest.mark.parametrize(
    "path", ["usr/lib/a/file", "/usr/lib/absolute", "usr/lib/up/../a/file", "usr/lib/hard"]
)
def test_links_are_followed_inside_the_root(path: str) -> None:
    entry = find(TREE, path)
    assert entry is not None
    assert (entry.kind, entry.content) == (FILE, b"found")


@pytest.mark.parametrize("path", ["usr/lib/loop", "usr/lib/dangling", "usr/lib/a/file/more", "x"])
def test_a_path_that_leads_nowhere_is_none(path: str) -> None:
    assert find(TREE, path) is None


def test_a_folder_is_left_out_with_all_that_it_holds() -> None:
    left = without(TREE, ["usr/lib/a", "/usr/lib/hard", "usr/*p", "usr/lib/d*"])

    assert sorted(left) == ["usr", "usr/lib", "usr/lib/absolute"]


def test_a_pattern_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(RootError, match="nothing in the root matches 'usr/lib/gconv'"):
        without(TREE, ["usr/lib/gconv"])


def test_a_file_cannot_be_left_out_from_under_its_hard_link() -> None:
    with pytest.raises(RootError, match="/usr/lib/hard is a hard link to it"):
        without(TREE, ["usr/lib/a"])
