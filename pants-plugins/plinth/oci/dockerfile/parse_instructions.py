"""Reads each statement of a Dockerfile as the instruction that it is.

What no builder takes raises `DockerfileError`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from plinth.oci.dockerfile.expand import NEWER_SUBSTITUTION
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
    Pairs,
    Shell,
    StopSignal,
    Unassemblable,
    User,
    Volume,
    Workdir,
)
from plinth.oci.dockerfile.parse import Dockerfile, Statement
from plinth.oci.dockerfile.settings import nanoseconds

_COPY_FLAGS = ("chown", "chmod", "from", "link", "parents", "exclude")
_ADD_FLAGS = ("chown", "chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack")
_HEALTHCHECK_FLAGS = ("interval", "timeout", "start-period", "start-interval", "retries")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9._-]*")
_REMOTE = re.compile(r"https?://|git://|ssh://|git@|.*\.git(?:#.*)?$")
# The default syntax, whichever registry mirrors it; any other is a builder of its own.
_DOCKERFILE_1 = re.compile(
    r"(?:[^/]+/)?docker/dockerfile(?::1(?:\.[0-9]+)*)?(?:@sha256:[0-9a-f]+)?"
)


def parse_instructions(dockerfile: Dockerfile) -> tuple[Instruction, ...]:
    """The Dockerfile's instructions in order. Raises `DockerfileError` for a malformed one."""
    instructions = [_parse(statement) for statement in dockerfile.statements]
    if dockerfile.syntax and not _DOCKERFILE_1.fullmatch(dockerfile.syntax):
        reason = f"the file asks for the builder {dockerfile.syntax!r}"
        instructions.insert(0, Unassemblable(dockerfile.statements[0], reason))
    return tuple(instructions)


def _parse(statement: Statement) -> Instruction:
    kind, parser = _PARSERS.get(statement.keyword, (Instruction, None))
    if parser is None:
        near = difflib.get_close_matches(statement.keyword, _PARSERS, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {' '.join(sorted(_PARSERS))}"
        raise statement.error(f"there is no such instruction; {hint}")
    if statement.heredoc:
        return Unassemblable(statement, "it holds a here-document")
    instruction = parser(statement)
    if kind.expanded and NEWER_SUBSTITUTION.search(statement.text):
        return Unassemblable(statement, "it has a substitution other than :- :+ and :?")
    return instruction


def _flag_values(statement: Statement, known: tuple[str, ...] = ()) -> dict[str, str]:
    """The flags' values by name; a flag without a value has an empty one."""
    found: dict[str, str] = {}
    for flag in statement.flags:
        name, equals, value = flag[2:].partition("=")
        if name not in known:
            takes = ", ".join("--" + each for each in known) or "none"
            raise statement.error(f"the flag --{name} is not known; it takes {takes}")
        if name in found and name != "exclude":
            raise statement.error(f"the flag --{name} is there twice")
        if not equals and name not in ("link", "parents", "keep-git-dir", "unpack"):
            raise statement.error(f"the flag --{name} needs a value: --{name}=…")
        found[name] = value
    return found


def _from(statement: Statement) -> Instruction:
    words = statement.fields()
    platform = _flag_values(statement, ("platform",)).get("platform", "")
    if len(words) == 1:
        return From(statement, words[0], "", platform)
    if len(words) != 3 or words[1].lower() != "as":
        raise statement.error("write it as FROM image, or FROM image AS name")
    if not _STAGE_NAME.fullmatch(words[2].lower()):
        raise statement.error(
            f"a stage cannot be named {words[2]!r}: a letter, then letters, digits and . _ -"
        )
    return From(statement, words[0], words[2].lower(), platform)


def _arg(statement: Statement) -> Instruction:
    _flag_values(statement)
    pairs: list[tuple[str, str | None]] = []
    for word in statement.words():
        name, equals, default = word.partition("=")
        if not name:
            raise statement.error(f"{word!r} has no name before the =")
        pairs.append((name, default if equals else None))
    if not pairs:
        raise statement.error("it needs a name: ARG name, or ARG name=default")
    return Arg(statement, tuple(pairs))


def _pairs(statement: Statement) -> Pairs:
    _flag_values(statement)
    words = statement.words()
    if not words:
        raise statement.error("it needs at least one name=value")
    if "=" not in words[0]:
        # The old form: one name, and everything after the space is its value.
        name, *value = re.split(r"[\t\v\f\r ]+", statement.rest, maxsplit=1)
        if not value:
            raise statement.error(f"{name!r} has no value; write {name}=value")
        return ((name, value[0]),)
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise statement.error(
                f"{name!r} is not name=value; quote a value that has spaces"
                if name
                else "a name is missing before a ="
            )
    return tuple((name, value) for name, _, value in pairs)


def _copy(statement: Statement) -> Instruction:
    known = _COPY_FLAGS if statement.keyword == "COPY" else _ADD_FLAGS
    flags = _flag_values(statement, known)
    exec_form = statement.exec_form()
    words = statement.fields() if exec_form is None else exec_form
    if len(words) < 2:
        raise statement.error("it needs at least one source and the destination after it")
    for name in flags:
        if name not in ("chown", "chmod"):
            return Unassemblable(statement, f"the flag --{name} is left to Docker")
    chmod = flags.get("chmod", "")
    if statement.keyword == "ADD" and any(_REMOTE.match(word.strip("\"'")) for word in words[:-1]):
        return Unassemblable(statement, "it adds from a URL or a git repository")
    return Copy(statement, words[:-1], words[-1], flags.get("chown", ""), chmod)


def _one(kind: Callable[[Statement, str], Instruction]) -> Callable[[Statement], Instruction]:
    """A parser of an instruction whose one argument is the rest of the line."""

    def parse(statement: Statement) -> Instruction:
        _flag_values(statement)
        if not statement.rest:
            raise statement.error("it needs an argument")
        return kind(statement, statement.rest)

    return parse


def _expose(statement: Statement) -> Instruction:
    _flag_values(statement)
    if not statement.rest:
        raise statement.error("it needs at least one port, such as 8080 or 53/udp")
    return Expose(statement, statement.fields())


def _volume(statement: Statement) -> Instruction:
    _flag_values(statement)
    exec_form = statement.exec_form()
    paths = statement.fields() if exec_form is None else tuple(path.strip() for path in exec_form)
    if not paths or not all(paths):
        raise statement.error("it needs at least one path, and none may be empty")
    return Volume(statement, paths)


def _command(kind: type[Entrypoint]) -> Callable[[Statement], Instruction]:
    def parse(statement: Statement) -> Instruction:
        _flag_values(statement)
        arguments = statement.exec_form()
        if arguments is None:
            return kind(statement, (statement.rest,), shell=True)
        return kind(statement, arguments, shell=False)

    return parse


def _shell(statement: Statement) -> Instruction:
    _flag_values(statement)
    arguments = statement.exec_form()
    if not arguments:
        raise statement.error('write it as a JSON array: SHELL ["/bin/sh", "-c"]')
    return Shell(statement, arguments)


def _healthcheck(statement: Statement) -> Instruction:
    flags = _flag_values(statement, _HEALTHCHECK_FLAGS)
    kind, rest = (*statement.rest.split(None, 1), "", "")[:2]
    if kind.upper() == "NONE" and not rest:
        return Healthcheck(statement, ("NONE",))
    command = Statement(statement.where, "HEALTHCHECK", (), rest, statement.escape)
    exec_form = command.exec_form()
    if kind.upper() != "CMD" or not (rest if exec_form is None else exec_form):
        raise statement.error("write it as HEALTHCHECK CMD command, or HEALTHCHECK NONE")
    test = ("CMD-SHELL", rest) if exec_form is None else ("CMD", *exec_form)
    if "start-interval" in flags:
        return Unassemblable(statement, "the flag --start-interval is left to Docker")
    return Healthcheck(statement, test, tuple(_limits(statement, flags)))


def _limits(statement: Statement, flags: dict[str, str]) -> list[tuple[str, int]]:
    limits = []
    for flag, key in (
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("start-period", "StartPeriod"),
    ):
        if flags.get(flag):
            try:
                limits.append((key, nanoseconds(flags[flag])))
            except ValueError as error:
                raise statement.error(f"--{flag}: {error}") from error
            if limits[-1][1] < 10**6 and limits[-1][1] != 0:
                raise statement.error(f"--{flag}={flags[flag]} is shorter than 1ms")
    if flags.get("retries"):
        if not re.fullmatch(r"\+?[0-9]{1,9}", flags["retries"]):
            raise statement.error(f"--retries={flags['retries']} is not a number from 0")
        limits.append(("Retries", int(flags["retries"])))
    # 0 stands for what the engine does by itself, and is not written down.
    return [(key, value) for key, value in limits if value]


def _left_to_docker(reason: str) -> Callable[[Statement], Instruction]:
    def parse(statement: Statement) -> Instruction:
        if not statement.rest and not statement.heredoc:
            raise statement.error("it needs an argument")
        return Unassemblable(statement, reason)

    return parse


_PARSERS: dict[str, tuple[type[Instruction], Callable[[Statement], Instruction]]] = {
    "ADD": (Copy, _copy),
    "ARG": (Arg, _arg),
    "CMD": (Cmd, _command(Cmd)),
    "COPY": (Copy, _copy),
    "ENTRYPOINT": (Entrypoint, _command(Entrypoint)),
    "ENV": (Env, lambda statement: Env(statement, _pairs(statement))),
    "EXPOSE": (Expose, _expose),
    "FROM": (From, _from),
    "HEALTHCHECK": (Healthcheck, _healthcheck),
    "LABEL": (Label, lambda statement: Label(statement, _pairs(statement))),
    "MAINTAINER": (Maintainer, _one(Maintainer)),
    "ONBUILD": (Unassemblable, _left_to_docker("its instruction runs in other builds")),
    "RUN": (Unassemblable, _left_to_docker("it runs a command in the image")),
    "SHELL": (Shell, _shell),
    "STOPSIGNAL": (StopSignal, _one(StopSignal)),
    "USER": (User, _one(User)),
    "VOLUME": (Volume, _volume),
    "WORKDIR": (Workdir, _one(Workdir)),
}
