from __future__ import annotations

import pytest

from plinth.oci.dockerfile.instructions import (
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Healthcheck,
    Instruction,
    Label,
)
from plinth.oci.dockerfile.parse import DockerfileError, parse_dockerfile
from plinth.oci.dockerfile.parse_instructions import parse_instructions


def parsed(line: str) -> Instruction:
    (instruction,) = parse_instructions(parse_dockerfile(line.encode(), "Dockerfile"))
    return instruction


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ('ENV a=1 b="x y" c=', (("a", "1"), ("b", '"x y"'), ("c", ""))),
        ("ENV a  b c=d", (("a", "b c=d"),)),
        ("LABEL a=b=c", (("a", "b=c"),)),
        ("LABEL old  style", (("old", "style"),)),
    ],
)
def test_pairs_keep_their_quotes_until_they_are_expanded(
    line: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    instruction = parsed(line)
    assert isinstance(instruction, (Env, Label))
    assert instruction.pairs == pairs


def test_an_argument_may_have_no_default() -> None:
    instruction = parsed("ARG a b=1 c=")
    assert isinstance(instruction, Arg)
    assert instruction.pairs == (("a", None), ("b", "1"), ("c", ""))


def test_copies_in_both_forms() -> None:
    shell, array = parsed("COPY --chown=1:2 a  b c/"), parsed('ADD ["a b", "c d/"]')
    assert isinstance(shell, Copy)
    assert isinstance(array, Copy)
    assert (shell.sources, shell.destination, shell.chown) == (("a", "b"), "c/", "1:2")
    assert (array.sources, array.destination, array.chmod) == (("a b",), "c d/", "")


def test_commands_in_both_forms() -> None:
    shell, array = parsed("CMD echo  [x]"), parsed('ENTRYPOINT ["a", "b"]')
    assert isinstance(shell, Cmd)
    assert isinstance(array, Entrypoint)
    assert (shell.arguments, shell.shell) == (("echo  [x]",), True)
    assert (array.arguments, array.shell) == (("a", "b"), False)


def test_a_health_check_has_its_limits_in_nanoseconds() -> None:
    instruction = parsed("HEALTHCHECK --timeout=1s --retries=2 --interval=1m CMD curl  x")
    assert isinstance(instruction, Healthcheck)
    assert instruction.test == ("CMD-SHELL", "curl  x")
    assert instruction.limits == (
        ("Interval", 60_000_000_000),
        ("Timeout", 1_000_000_000),
        ("Retries", 2),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("RUNN x", "RUNN: there is no such instruction; did you mean RUN?"),
        ("FROBNICATE", "FROBNICATE: there is no such instruction; known are ADD ARG CMD COPY"),
        ("COPY --owner=1 a b", "COPY: the flag --owner is not known; it takes --chown, --chmod"),
        ("COPY --chmod a b", "COPY: the flag --chmod needs a value: --chmod=…"),
        ("ADD --chown=1 --chown=2 a b", "ADD: the flag --chown is there twice"),
        ("ENV --x=1 a=b", "ENV: the flag --x is not known; it takes none"),
        ("COPY a", "COPY: it needs at least one source and the destination after it"),
        ("ENV", "ENV: it needs at least one name=value"),
        ("ENV a=b c", "ENV: 'c' is not name=value; quote a value that has spaces"),
        ("ENV a", "ENV: 'a' has no value; write a=value"),
        ("ARG", "ARG: it needs a name"),
        ("WORKDIR", "WORKDIR: it needs an argument"),
        ("RUN", "RUN: it needs an argument"),
        ("EXPOSE", "EXPOSE: it needs at least one port"),
        ("VOLUME []", "VOLUME: it needs at least one path"),
        ("SHELL []", "SHELL: write it as a JSON array"),
        ("HEALTHCHECK --retries=-1 CMD x", "HEALTHCHECK: --retries=-1 is not a number from 0"),
        ("HEALTHCHECK --timeout=1us CMD x", "HEALTHCHECK: --timeout=1us is shorter than 1ms"),
        ("HEALTHCHECK CMD []", "HEALTHCHECK: write it as HEALTHCHECK CMD command"),
        ("FROM a AS 1", "FROM: a stage cannot be named '1'"),
    ],
)
def test_what_no_builder_takes(line: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        parsed(line)
    assert str(caught.value).startswith(f"Dockerfile:1: {message}")
