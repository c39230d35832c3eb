from __future__ import annotations

import os
from pathlib import Path

import pytest

from plinth.git.objects import EXECUTABLE, LINK, REGULAR, SUBMODULE, File
from plinth.git.tree import (
    EDITED,
    EXECUTE_BIT,
    KIND,
    MISSING,
    RELINKED,
    UNKNOWN,
    Difference,
    differences,
    on_disk,
    real_path,
)

A, B = File(REGULAR, "a"), File(REGULAR, "b")
RUN = File(EXECUTABLE, "a")
TO = File(LINK, "target")


@pytest.mark.parametrize(
    ("committed", "read", "disk", "found"),
    [
        pytest.param({"f": A}, {"f": A}, {}, [], id="the same"),
        pytest.param({"f": A}, {"f": B}, {}, [("f", EDITED)], id="other bytes"),
        pytest.param({"f": A}, {"f": RUN}, {}, [("f", EXECUTE_BIT)], id="another bit"),
        pytest.param({"f": RUN}, {"f": B}, {}, [("f", EXECUTE_BIT), ("f", EDITED)], id="both"),
        pytest.param({"f": A}, {}, {}, [("f", MISSING)], id="gone"),
        pytest.param({}, {"f": A}, {}, [("f", UNKNOWN)], id="new"),
        pytest.param({".f": A}, {}, {".f": A}, [], id="hidden from Pants"),
        pytest.param({".f": A}, {}, {".f": B}, [(".f", EDITED)], id="hidden, edited"),
        pytest.param({"f": A}, {"f": A}, {"f": TO}, [], id="only links are asked of the disk"),
        pytest.param({"f": A}, {}, {"f": TO}, [("f", KIND)], id="a link that leads nowhere"),
        pytest.param({"s": File(SUBMODULE, "c"), "s/f": A}, {"s/f": A}, {}, [], id="submodule"),
        pytest.param({"l": TO, "t": A}, {"l": A, "t": A}, {"l": TO}, [], id="a link"),
        pytest.param(
            {"l": TO, "t": A}, {"l": A, "t": A}, {"l": A}, [("l", KIND)], id="a copy for a link"
        ),
        pytest.param(
            {"l": TO, "t": A, "u": A},
            {"l": A, "t": A, "u": A},
            {"l": File(LINK, "other")},
            [("l", RELINKED)],
            id="a link to the same bytes elsewhere",
        ),
        pytest.param({"d": TO, "t/f": A}, {"d/f": A, "t/f": A}, {"d": TO}, [], id="behind a link"),
        pytest.param(
            {"d": TO, "t/f": A},
            {"d/f": A, "t/f": A, "d/g": A, "t/g": A},
            {"d": TO},
            [("d/g", UNKNOWN), ("t/g", UNKNOWN)],
            id="new behind a link",
        ),
    ],
)
def test_what_differs_is_named(
    committed: dict[str, File],
    read: dict[str, File],
    disk: dict[str, File],
    found: list[tuple[str, str]],
) -> None:
    links = {path: "t" for path, file in committed.items() if LINK == file.mode == disk[path].mode}
    assert list(differences(committed, read, disk, links)) == [
        Difference(path, what) for path, what in found
    ]


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("a/b", "a/b"),
        ("link/f", "there/f"),
        ("deep/down/f", "there/f"),
        ("chain/f", "there/f"),
        ("out/f", None),
        ("root/f", None),
        ("loop/f", None),
    ],
)
def test_links_are_followed(path: str, real: str | None) -> None:
    links = {
        "link": "there",
        "deep/down": "../there/.",
        "chain": "link",
        "out": "../elsewhere",
        "root": "/etc",
        "loop": "loop",
    }
    assert real_path(path, links) == real


def test_the_disk_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "run").write_text("")
    (tmp_path / "run").chmod(0o755)
    os.symlink("nowhere", tmp_path / "link")
    found = on_disk(tmp_path, ["absent", "file", "folder", "link", "run"], "sha1")
    empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert found["file"] == File(REGULAR, empty)
    assert found["run"] == File(EXECUTABLE, empty)
    assert found["link"].mode == LINK
    assert found.keys() == {"file", "link", "run"}
