"""What has no file tree to compare; Docker's own answers are in the differential test."""

from __future__ import annotations

from typing import Any

import pytest

from plinth.oci.dockerfile.evaluate import DEFAULT_PATH, Evaluated, Event, evaluate
from plinth.oci.dockerfile.instructions import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Shell,
    StopSignal,
    Unassemblable,
    User,
    Volume,
    Workdir,
)
from plinth.oci.dockerfile.parse import DockerfileError
from plinth.oci.dockerfile.parse_instructions import _PARSERS
from plinth.oci.dockerfile.plan import plan_image
from plinth.oci.dockerfile.step import LayerStep

BASE: dict[str, Any] = {
    "architecture": "amd64",
    "os": "linux",
    "config": {
        "Env": ["FOO=foo"],
        "Cmd": ["base"],
        "Entrypoint": ["base"],
        "WorkingDir": "/home",
        "User": "app",
        "Hostname": "not-inherited",
    },
}


def built(text: str, base: dict[str, Any] | None = None, **build_args: str) -> Evaluated:
    return evaluate(plan_image(text.encode(), "Dockerfile", build_args), base)


def test_scratch_has_a_path_and_a_working_directory() -> None:
    assert built("FROM scratch").config == {"Env": [f"PATH={DEFAULT_PATH}"], "WorkingDir": "/"}


def test_a_base_hands_on_its_settings_and_gets_a_path() -> None:
    assert built("FROM //base:image\nENV BAR=$FOO", BASE).config == {
        "Cmd": ["base"],
        "Entrypoint": ["base"],
        "Env": ["FOO=foo", f"PATH={DEFAULT_PATH}", "BAR=foo"],
        "User": "app",
        "WorkingDir": "/home",
    }
    assert BASE["config"]["Env"] == ["FOO=foo"]


def test_an_entry_point_resets_the_command_of_the_stage_before() -> None:
    text = 'FROM scratch AS a\nCMD ["a"]\nFROM a\nENTRYPOINT ["e"]\n'
    assert "Cmd" not in built(text).config
    assert built('FROM scratch\nCMD ["a"]\nENTRYPOINT ["e"]').config["Cmd"] == ["a"]


def test_steps_have_whole_paths_and_replaced_variables() -> None:
    text = """FROM //base:image
USER 5
WORKDIR sub
ARG S=a
COPY --chown=$S:g --chmod=0640 ${S}* b ./to
ADD x ..
COPY x .
WORKDIR /
"""
    assert built(text, BASE).steps == (
        LayerStep("Dockerfile:3", "WORKDIR", (), "/home/sub", "5"),
        LayerStep("Dockerfile:5", "COPY", ("a*", "b"), "/home/sub/to", "a:g", "0640"),
        LayerStep("Dockerfile:6", "ADD", ("x",), "/home"),
        LayerStep("Dockerfile:7", "COPY", ("x",), "/home/sub/"),
    )


def test_the_history_has_the_text_as_written_not_the_arguments_values() -> None:
    image = built("FROM scratch\nARG TOKEN\nLABEL a=$TOKEN\nCOPY a /\n", TOKEN="secret")
    assert image.history == (
        Event("ARG TOKEN"),
        Event("LABEL a=$TOKEN"),
        Event("COPY a /", 0),
    )


def test_a_base_of_another_platform_is_refused() -> None:
    with pytest.raises(DockerfileError, match="the base is for linux/arm64, not linux/amd64"):
        built("FROM //b:i", {**BASE, "architecture": "arm64"})


def test_a_base_with_triggers_is_refused() -> None:
    with pytest.raises(DockerfileError, match="the base //b:i has ONBUILD instructions"):
        built("FROM //b:i", {**BASE, "config": {"OnBuild": ["RUN x"]}})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ARG U=https://x.test/f\nADD $U /f", "Dockerfile:3: ADD: https://x.test/f is a URL"),
        ("ARG M=u*x\nCOPY --chmod=$M a /f", "--chmod: 'u.x' is neither an octal mode such as 0644"),
        ("ENV $N=1", "a name is empty once its variables are replaced"),
        ("VOLUME $N", "a path is empty once its variables are replaced"),
    ],
)
def test_what_only_shows_with_variables_replaced(line: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        built(f"FROM scratch\n{line}")


# For each kind of instruction, one that sets something.
SETTING: dict[type[Instruction], str] = {
    Arg: "ARG A=1",
    Cmd: 'CMD ["c"]',
    Copy: "COPY a /a",
    Entrypoint: 'ENTRYPOINT ["e"]',
    Env: "ENV A=1",
    Expose: "EXPOSE 80",
    From: "FROM scratch",
    Healthcheck: "HEALTHCHECK CMD x",
    Label: "LABEL a=1",
    Maintainer: "MAINTAINER me",
    Shell: 'SHELL ["/sh"]',
    StopSignal: "STOPSIGNAL SIGINT",
    User: "USER app",
    Volume: "VOLUME /v",
    Workdir: "WORKDIR /w",
}


def test_every_kind_that_can_be_assembled_is_tried() -> None:
    assert {*SETTING, Unassemblable} == {kind for kind, _ in _PARSERS.values()}


@pytest.mark.parametrize("kind", SETTING)
def test_a_kind_sets_what_it_says_and_images_above_inherit_it(kind: type[Instruction]) -> None:
    plain = built("FROM scratch").config
    config = built(f"FROM scratch\n{SETTING[kind]}").config
    assert {key for key in config if config[key] != plain.get(key)} == {kind.sets} - {""}

    above = built("FROM //base:image", {"os": "linux", "architecture": "amd64", "config": config})
    assert above.config == config


def test_a_kind_that_does_not_say_what_it_sets_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="expanded.*sets"):
        type("Forgetful", (Instruction,), {})
