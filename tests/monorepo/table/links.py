"""Edits of links to folders, and of what is behind them. Pants reads through a link."""

from __future__ import annotations

from pathlib import Path

from monorepo.edits import Edit, all_of, append, delete, link, write
from monorepo.scenario import Scenario

DOCS = ("lambdas/docs:image",)
OTHERS = ("lambdas/get_schema*", "src/*", "pants-plugins/*")
CONTAINER = ("lambdas/docs:container_test",)

# No BUILD file owns them but through a link.
_PARTS = all_of(
    write("common/one/part.py", "PART = 1\n"),
    write("common/two/part.py", "PART = 2\n"),
)
_LINK = "lambdas/docs/shared"


def _linked(to: str = "../../common/one") -> Edit:
    return all_of(_PARTS, link(_LINK, to))


def _folder_in_place_of_the_link(root: Path) -> None:
    (root / _LINK).unlink()
    write(f"{_LINK}/part.py", "PART = 1\n")(root)


LINKS = tuple(
    Scenario(name, edit, images, CONTAINER if images else (), OTHERS, first=first)
    for name, first, edit, images in (
        ("a link to a folder, new", _PARTS, link(_LINK, "../../common/one"), DOCS),
        ("a link to a folder, gone", _linked(), delete(_LINK), DOCS),
        ("a link to a folder, pointed elsewhere", _linked(), link(_LINK, "../../common/two"), DOCS),
        (
            "a link to a folder, pointed to the same files elsewhere",
            all_of(_linked(), write("common/two/part.py", "PART = 1\n")),
            link(_LINK, "../../common/two"),
            (),
        ),
        (
            "a folder in place of a link, with the same files",
            _linked(),
            _folder_in_place_of_the_link,
            (),
        ),
        (
            "an edit behind a link to a folder",
            _linked(),
            append("common/one/part.py", "N = 1\n"),
            DOCS,
        ),
        (
            "an edit beside what a link points to",
            _linked(),
            append("common/two/part.py", "N = 1\n"),
            (),
        ),
        ("a file added behind a link", _linked(), write("common/one/more.py", "N = 1\n"), DOCS),
        ("a file deleted behind a link", _linked(), delete("common/one/part.py"), DOCS),
        (
            "an edit behind a link that is behind a link",
            all_of(_linked(), link("common/one/deeper", "../two")),
            append("common/two/part.py", "N = 1\n"),
            DOCS,
        ),
        (
            "a link behind a link, pointed elsewhere",
            all_of(
                _linked(),
                write("common/three/part.py", "PART = 3\n"),
                link("common/one/deeper", "../two"),
            ),
            link("common/one/deeper", "../three"),
            DOCS,
        ),
        (
            "a link to a folder that is not there",
            _PARTS,
            link(_LINK, "../../common/nowhere"),
            (),
        ),
        (
            "the folder that a link points to, new",
            all_of(_PARTS, link(_LINK, "../../common/three")),
            write("common/three/part.py", "PART = 3\n"),
            DOCS,
        ),
        (
            "an edit behind a link of a whole lambda's module",
            all_of(_PARTS, link("lambdas/docs/part.py", "../../common/one/part.py")),
            append("common/one/part.py", "N = 1\n"),
            DOCS,
        ),
    )
)
