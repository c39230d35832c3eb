from __future__ import annotations

import pytest

from plinth.oci.dockerfile.parse import DockerfileError
from plinth.oci.dockerfile.plan import (
    DIGEST,
    DOCKER,
    SCRATCH,
    TARGET,
    BaseRef,
    NotAssemblable,
    Plan,
    plan_image,
)

SHA = "sha256:" + "ab" * 32


def plan(text: str, **kwargs: object) -> Plan:
    build_args = kwargs.pop("build_args", {})
    return plan_image(text.encode(), "app/Dockerfile", build_args, **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM scratch", BaseRef(SCRATCH, "scratch")),
        ("ARG BASE=//base:image\nFROM $BASE", BaseRef(TARGET, "//base:image")),
        ("ARG BASE=:base\nFROM ${BASE}", BaseRef(TARGET, ":base")),
        ("ARG BASE=lib/base:image\nFROM $BASE", BaseRef(TARGET, "lib/base:image")),
        (f"FROM 127.0.0.1:5000/py@{SHA}", BaseRef(DIGEST, f"127.0.0.1:5000/py@{SHA}")),
        (f"FROM 127.0.0.1:5000/py:3.11@{SHA}", BaseRef(DIGEST, f"127.0.0.1:5000/py@{SHA}")),
        ("FROM python:3.12\nRUN true", BaseRef(DOCKER, "python:3.12")),
    ],
)
def test_bases(text: str, expected: BaseRef) -> None:
    assert plan(text, targets=("lib/base:image",)).base == expected


def test_a_tag_is_refused_with_the_way_to_its_digest() -> None:
    with pytest.raises(DockerfileError) as caught:
        plan("FROM example.test:5000/python:3.12")
    assert str(caught.value) == (
        "app/Dockerfile:1: FROM: example.test:5000/python:3.12 is not pinned by digest: every "
        "rebuild may get other bytes. Write it as example.test:5000/python@sha256:…; `docker pull "
        "example.test:5000/python:3.12` prints the digest"
    )


def test_build_arguments_take_the_place_of_defaults() -> None:
    text = "ARG BASE=//a:b\nARG OTHER=${BASE}x\nFROM $OTHER"
    assert plan(text).base.value == "//a:bx"
    assert plan(text, build_args={"BASE": "//c:d"}).base.value == "//c:dx"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("RUN make", "it runs a command in the image"),
        ("RUN <<EOF\nmake\nEOF", "it holds a here-document"),
        ("ONBUILD COPY a /b", "its instruction runs in other builds"),
        ("COPY --from=x a /b", "the flag --from is left to Docker"),
        ("COPY --link a /b", "the flag --link is left to Docker"),
        ("COPY --parents a /b", "the flag --parents is left to Docker"),
        ("COPY --exclude=*.md a /b", "the flag --exclude is left to Docker"),
        ("COPY <<EOF /x\nRUN no\nEOF", "it holds a here-document"),
        ("ADD https://example.test/x /x", "it adds from a URL or a git repository"),
        ("ADD git@example.test:a/b.git /x", "it adds from a URL or a git repository"),
        ("ENV A=${B#x}", "it has a substitution other than :- :+ and :?"),
    ],
)
def test_what_is_left_to_docker_is_told_with_line_and_reason(line: str, reason: str) -> None:
    found = plan(f"FROM scratch\n\n{line}\nENV A=1\n").not_assemblable
    assert found == (NotAssemblable(3, line.split()[0], reason),)


def test_another_platform_and_another_builder_are_left_to_docker() -> None:
    assert plan("FROM --platform=linux/arm64 scratch").not_assemblable[0].reason == (
        "the platform 'linux/arm64' is not linux/amd64"
    )
    assert not plan("FROM --platform=$TARGETPLATFORM scratch").not_assemblable
    assert plan("# syntax=example/other:1\nFROM scratch").not_assemblable[0].reason == (
        "the file asks for the builder 'example/other:1'"
    )
    assert not plan("# syntax=docker/dockerfile:1.4\nFROM scratch").not_assemblable


def test_stages_that_the_target_does_not_need_do_not_count() -> None:
    text = "FROM python:3 AS tools\nRUN make\nFROM scratch AS Lib\nENV A=1\nFROM lib\nENV B=2\n"
    found = plan(text)
    assert found.base == BaseRef(SCRATCH, "scratch")
    assert not found.not_assemblable
    assert [each.statement.text for each in found.instructions] == [
        "ENV A=1",
        "FROM lib",
        "ENV B=2",
    ]
    assert plan(text, target_stage="TOOLS").base == BaseRef(DOCKER, "python:3")


def test_the_last_stage_of_a_name_is_the_one_meant() -> None:
    found = plan("FROM scratch AS x\nENV A=1\nFROM scratch AS x\nENV B=1\nFROM x\n")
    assert [each.statement.text for each in found.instructions] == ["ENV B=1", "FROM x"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "app/Dockerfile:1: the file has no instruction; begin it with FROM"),
        ("ARG a=b", "app/Dockerfile:1: there is no FROM; begin with FROM scratch, or a base"),
        (
            "ENV a=b\nFROM scratch",
            "app/Dockerfile:1: ENV: only ARG may stand before the first FROM",
        ),
        (
            "ARG T\nFROM $T",
            "app/Dockerfile:2: FROM: $T is empty; give its ARG a default, or a value",
        ),
        ("FROM ${T", "app/Dockerfile:1: FROM: '${T' has a substitution that is not understood"),
        (f"FROM SCRATCH@{SHA}", "app/Dockerfile:1: FROM: "),
        ("FROM scratch x", "app/Dockerfile:1: FROM: write it as FROM image, or FROM image AS name"),
        (
            "FROM scratch\nCOPYY a b",
            "app/Dockerfile:2: COPYY: there is no such instruction; did you mean COPY?",
        ),
        (
            "FROM scratch\nRUN <<EOF\nx",
            "app/Dockerfile:2: RUN: the here-document does not end: no line below it is EOF",
        ),
    ],
)
def test_errors_name_file_and_line(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        plan(text)
    assert str(caught.value).startswith(message)


def test_an_unknown_stage_is_an_error_that_names_the_known() -> None:
    with pytest.raises(DockerfileError, match="no stage 'nope'; named are: one, two"):
        plan("FROM scratch AS one\nFROM scratch AS two", target_stage="nope")
