from __future__ import annotations

import pytest

from plinth.images.dockerfile_info import Facts, facts
from plinth.oci.dockerfile.parse import parse_dockerfile


def facts_of(text: str) -> Facts:
    return facts(parse_dockerfile(text.encode(), "Dockerfile"))


def test_the_base_is_the_address_that_an_argument_names() -> None:
    found = facts_of("ARG BASE=//base:image\nARG OTHER=x:y\nFROM $BASE\nARG V='1'")

    assert found.from_image_build_args == ("BASE=//base:image",)
    assert found.build_args == ("BASE=//base:image", "OTHER=x:y", "V='1'")
    assert found.version_tags == ("stage0 latest",)


@pytest.mark.parametrize("value", ["base:image", "//base:image", ":image", '"//a/b:c"'])
def test_every_form_of_an_address_is_seen(value: str) -> None:
    found = facts_of(f"ARG BASE={value}\nFROM ${{BASE}}")

    assert found.from_image_build_args == (f"BASE={value.strip(chr(34))}",)


@pytest.mark.parametrize("value", ["scratch", "registry.example/base@sha256:0"])
def test_what_is_no_address_names_no_target(value: str) -> None:
    assert facts_of(f"ARG BASE={value}\nFROM $BASE").from_image_build_args == ()


def test_only_what_copy_takes_from_the_context_is_a_source() -> None:
    found = facts_of('FROM a AS b\nCOPY --chown=1 x y /z/\nCOPY --from=b q /\nCOPY ["s p", "/"]')

    assert found.copy_source_paths == ("x", "y", "s p")


@pytest.mark.parametrize(
    ("image", "tags"),
    [
        ("base:1.0 AS build", ("build 1.0",)),
        ("host:5000/base", ("stage0 latest",)),
        ("base@sha256:abc", ()),
        ("base:2@sha256:abc", ("stage0 2",)),
        ("$VERSIONED", ("stage0 build-arg:VERSIONED",)),
    ],
)
def test_tags_are_told_as_pants_tells_them(image: str, tags: tuple[str, ...]) -> None:
    assert facts_of(f"FROM {image}").version_tags == tags
