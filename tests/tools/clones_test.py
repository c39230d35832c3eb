"""What `make clones` calls a difference."""

from __future__ import annotations

import pytest

from tools.support import load

clones = load("clones", "ci")

FACTS = {
    "fingerprint": "f1",
    "part base": "scratch",
    "manifest": "sha256:a",
    "layer 1": "sha256:b",
    "published": "sha256:a",
}


def image(**changes: str) -> object:
    return clones.Image({**FACTS, **{key.replace("_", " "): text for key, text in changes.items()}})


def test_the_same_images_do_not_differ() -> None:
    assert clones.differences({"a": image()}, {"a": image()}) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"fingerprint": "f2", "part_base": "f0"}, "a: fingerprint, part base"),
        ({"layer_1": "sha256:c"}, "a: layer 1"),
        ({"layer_2": "sha256:c"}, "a: layer 2"),
        ({"published": "sha256:c"}, "a: published"),
    ],
)
def test_what_differs_is_named(changes: dict[str, str], line: str) -> None:
    assert clones.differences({"a": image()}, {"a": image(**changes)}) == [line]


def test_an_image_that_only_one_clone_has_is_named() -> None:
    assert clones.differences({"a": image()}, {}) == ["a: only one clone has it"]


def test_what_was_published_must_be_what_was_packaged() -> None:
    wrong = {"a": image(published="sha256:c")}

    assert clones.differences(wrong, wrong) == ["a: sha256:a was published as sha256:c"]
