from __future__ import annotations

from typing import Any

import pytest

from plinth.guardrails.guards.unpinned_image import GUARD
from plinth.guardrails.testing.seen import PINNED, in_image

BASE = f"FROM {PINNED}"
BUILT_HERE = "FROM scratch AS tools"

CAUGHT: dict[str, tuple[tuple[str, ...], dict[str, Any], list[str]]] = {
    "a tag": (("FROM python:3.11",), {}, ["1 python:3.11"]),
    "no tag": (("FROM python",), {}, ["1 python"]),
    "half a digest": (("FROM a@sha256:abc",), {}, ["1 a@sha256:abc"]),
    "the default of an argument": (("ARG I=python:3", "FROM $I"), {}, ["2 python:3"]),
    "part of a name": (("ARG T=3.11", "FROM python:${T}"), {}, ["2 python:3.11"]),
    "a default in a default": (("ARG T=3", "ARG I=a:$T", "FROM $I"), {}, ["3 a:3"]),
    "an alternative": (("FROM ${I:-python:3}",), {}, ["1 python:3"]),
    "a build argument over a pinned default": (
        (f"ARG I={PINNED}", "FROM $I"),
        {"build_args": {"I": "python:3"}},
        ["2 python:3"],
    ),
    "a build argument of the building machine": (
        (f"ARG I={PINNED}", "FROM $I"),
        {"build_args": {"I": None}},
        ["2 $I"],
    ),
    "an argument without value": (("ARG I", "FROM $I"), {}, ["2 $I"]),
    "an argument of below": ((BASE, "ARG I=x", "FROM $I"), {}, ["3 $I"]),
    "its platform aside": (("FROM --platform=linux/amd64 python:3",), {}, ["1 python:3"]),
    "a stage's own name is none of its base": (("FROM python AS python",), {}, ["1 python"]),
    "a stage that is not built": (("FROM python AS dev", BASE), {}, ["1 python"]),
    "an old stage of that name": (("FROM a:1 AS b", "FROM b AS c"), {}, ["1 a:1"]),
    "a copy": ((BASE, "COPY --from=nginx:1 /a /b"), {}, ["2 nginx:1"]),
    "a copy by a variable, which is none there": ((BASE, "COPY --from=$I /a /b"), {}, ["2 $I"]),
    "a copy of a later stage": ((BASE, "COPY --from=t /a /b", "FROM scratch AS t"), {}, ["2 t"]),
    "a number of no stage": ((BASE, "COPY --from=1 /a /b"), {}, ["2 1"]),
    "a mount": ((BASE, "RUN --mount=type=bind,from=golang,target=/g go"), {}, ["2 golang"]),
    "a mount without type": ((BASE, "RUN --mount=from=golang:1,target=/g go"), {}, ["2 golang:1"]),
    "a cache that begins with an image": (
        (BASE, "RUN --mount=type=cache,from=x,target=/c y"),
        {},
        ["2 x"],
    ),
    "two mounts": (
        (BASE, "RUN --mount=from=a,target=/a --mount=from=b,target=/b c"),
        {},
        ["2 a", "2 b"],
    ),
    "what is to run on top": ((BASE, "ONBUILD COPY --from=nginx /a /b"), {}, ["2 nginx"]),
    "a stage is none on top": (
        (BUILT_HERE, BASE, "ONBUILD COPY --from=tools /a /b"),
        {},
        ["3 tools"],
    ),
    "the builder": (("# syntax=docker/dockerfile:1", BASE), {}, ["1 docker/dockerfile:1"]),
    "the builder as an argument": (
        (BASE,),
        {"build_args": {"BUILDKIT_SYNTAX": "docker/dockerfile:1"}},
        [" docker/dockerfile:1"],
    ),
    "a substitution of newer builders": (("ARG I=a", "FROM ${I#b}"), {}, ["2 ${I#b}"]),
    "a continued line": (("FROM \\", "  python:3"), {}, ["1 python:3"]),
    "a name like an address, where it is no target": (("FROM base:image",), {}, ["1 base:image"]),
    "in a BUILD file": (
        ("FROM python",),
        {"in_build_file": True},
        [" python"],
    ),
}

LEFT_ALONE: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "a digest": ((BASE,), {}),
    "a tag beside the digest": ((BASE.replace("@", ":1@"),), {}),
    "nothing": (("FROM scratch",), {}),
    "a digest by argument": ((f"ARG I={PINNED}", "FROM $I"), {}),
    "a digest by part": (("ARG D=sha256:" + "0" * 64, "FROM a@$D"), {}),
    "a build argument over a tag": (("ARG I=a:1", "FROM $I"), {"build_args": {"I": PINNED}}),
    "a quoted default": ((f'ARG I="{PINNED}"', "FROM $I"), {}),
    "a target": (("ARG BASE=//base:image", "FROM $BASE"), {}),
    "a target of this folder": (("ARG BASE=:image", "FROM $BASE"), {}),
    "a target without slashes": (("FROM base:image",), {"targets": ("base:image",)}),
    "a stage": ((BUILT_HERE, "FROM tools"), {}),
    "a stage in other letters": ((f"{BASE} AS Tools", "FROM TOOLS"), {}),
    "a stage that hides an image": ((f"{BASE} AS python", "FROM python"), {}),
    "a stage's name by argument": (("ARG S=tools", BUILT_HERE, "FROM $S"), {}),
    "a copy from a stage": ((BUILT_HERE, BASE, "COPY --from=tools /a /b"), {}),
    "a copy by number": ((BUILT_HERE, BASE, "COPY --from=0 /a /b"), {}),
    "a copy from a digest": ((BASE, f"COPY --from={PINNED} /a /b"), {}),
    "a mount of a stage": ((BUILT_HERE, BASE, "RUN --mount=from=tools,target=/t x"), {}),
    "a mount of a secret": ((BASE, "RUN --mount=type=secret,id=a x"), {}),
    "a comment": ((f"{BASE}", "# FROM python:3", "# syntax=x"), {}),
    "a here-document": ((BASE, "RUN <<E", "FROM python:3", "E"), {}),
    "the text of a command": ((BASE, "CMD echo FROM python"), {}),
    "a pinned builder": ((f"# syntax={PINNED}", BASE), {}),
    "a platform by argument": ((f"FROM --platform=$BUILDPLATFORM {PINNED}",), {}),
    "what another guard says": (("FROM",), {}),
}


@pytest.mark.parametrize(("lines", "more", "found"), CAUGHT.values(), ids=CAUGHT)
def test_an_image_that_can_move_is_caught(
    lines: tuple[str, ...], more: dict[str, Any], found: list[str]
) -> None:
    assert in_image(GUARD, *lines, **more) == found


@pytest.mark.parametrize(("lines", "more"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_cannot_move_is_left_alone(lines: tuple[str, ...], more: dict[str, Any]) -> None:
    assert in_image(GUARD, *lines, **more) == []
