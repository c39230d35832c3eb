from __future__ import annotations

from pathlib import Path

import pytest

from plinth.oci.assemble.context import Context, SourceError, context_paths
from plinth.oci.dockerfile.step import LayerStep

FILES = ("a.txt", "b.md", "d/c.txt", "d/e/f.txt", "a-b/x", "lambdas/x/handler.py")
CONTEXT = Context.of(
    FILES, ["empty", "d/void"], {"l": "d", "m": "l/c.txt", "out": "../../a.txt", "bad": "no"}
)


def copy(*sources: str) -> LayerStep:
    return LayerStep("app/Dockerfile:4", "COPY", sources, "/x/")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.txt", [("a.txt", "a.txt")]),
        ("/d/../a.txt", [("a.txt", "a.txt")]),
        ("*.txt", [("a.txt", "a.txt")]),
        ("*/*.txt", [("c.txt", "d/c.txt")]),
        ("l", [("l", "d")]),
        ("l/e/*", [("f.txt", "d/e/f.txt")]),
        ("m", [("m", "d/c.txt")]),
        ("out", [("out", "a.txt")]),
        (".", [("", "")]),
    ],
)
def test_sources(source: str, found: list[tuple[str, str]]) -> None:
    assert [(s.name, s.path) for s in CONTEXT.sources(copy(source))] == found


def test_a_pattern_matches_in_the_order_of_a_walk_and_links_are_followed() -> None:
    context = Context.of(["b", "a-b/x", "a/y"], links={"c": "a"})
    assert [(s.name, s.path) for s in context.sources(copy("*"))] == [
        ("a", "a"),
        ("a-b", "a-b"),
        ("b", "b"),
        ("c", "a"),
    ]


@pytest.mark.parametrize(
    ("sources", "needed"),
    [
        (["d"], ("d/c.txt", "d/e/f.txt", "d/void")),
        (["l/e"], ("d/e/f.txt", "l")),
        (["m", "a.txt"], ("a.txt", "d/c.txt", "l", "m")),
        (["*.md", "none*"], ("b.md",)),
        (["l?", "a*"], ("a-b/x", "a.txt")),
        (["l/*.txt"], ("d/c.txt", "l")),
        (["empty"], ("empty",)),
    ],
)
def test_the_least_part_of_the_context(sources: list[str], needed: tuple[str, ...]) -> None:
    assert context_paths(copy(*sources), CONTEXT) == needed


def test_all_of_the_context_is_all_of_it() -> None:
    links = {"l", "m", "out", "bad"}
    assert set(context_paths(copy("."), CONTEXT)) == {*FILES, *links, "empty", "d/void"}


def test_a_directory_reads_as_its_listing(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("empty", "d/void"):
        (tmp_path / name).mkdir()
    for name, node in CONTEXT.nodes.items():
        if node.target:
            (tmp_path / name).symlink_to(node.target)
    found = Context.on_disk(tmp_path)
    assert (found.nodes, found.children) == (CONTEXT.nodes, CONTEXT.children)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "lambdas/x/handlr.py",
            "app/Dockerfile:4: COPY: lambdas/x/handlr.py is not in the build context; near it are "
            "lambdas/x/handler.py",
        ),
        ("zzz", "zzz is not in the build context; at its top are a-b, a.txt, b.md, bad, d, …"),
        ("bad", "bad .a link to no. is not in the build context"),
        ("n*", "no file in the build context matches n.; at its top are"),
        ("a[", "COPY: the pattern 'a.' has a . that is not closed"),
    ],
)
def test_missing_sources(source: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        CONTEXT.sources(copy(source))


def test_an_empty_context_says_what_to_do() -> None:
    with pytest.raises(SourceError, match="it is empty: add it to the dependencies"):
        Context.of([]).sources(copy("a"))
