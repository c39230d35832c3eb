"""The stages of a Dockerfile, and the images from outside that it names.

What a name means depends on where it stands: an earlier stage hides an image of its name, an
argument counts only from before the first `FROM`, and a build argument overrules its default.
Sources: the Dockerfile reference, "FROM", "COPY --from", "RUN --mount" and "syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from plinth.guardrails.repository import Image
from plinth.oci.dockerfile.instructions import Arg, From, Instruction
from plinth.oci.dockerfile.parse import Dockerfile, DockerfileError, Statement, parse_dockerfile
from plinth.oci.dockerfile.parse_instructions import parse_instructions
from plinth.oci.dockerfile.plan import expanded, outer_arguments

# Stands for the value of a build argument that only the building machine knows.
_OF_THE_MACHINE = "\0"
_DIGEST = re.compile(r"[^\s@]+@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})")
_FRONTEND = "BUILDKIT_SYNTAX"


@dataclass(frozen=True)
class Stage:
    """`base` is its image's name, arguments replaced; `unknown` is why that cannot be told.

    `below` is the number of the earlier stage that it stands on, if it does.
    """

    number: int
    name: str
    line: int
    base: str
    unknown: str = ""
    below: int | None = None
    instructions: tuple[Instruction, ...] = ()


@dataclass(frozen=True)
class External:
    """An image that a Dockerfile takes from outside, at a line; `unknown` as in `Stage`."""

    line: int
    place: str
    name: str
    unknown: str = ""

    @property
    def is_pinned(self) -> bool:
        return not self.unknown and _DIGEST.fullmatch(self.name) is not None


def read_stages(image: Image) -> tuple[Stage, ...]:
    """The stages, in order. Raises `DockerfileError` for a malformed Dockerfile."""
    parsed = parse_dockerfile(image.content, image.path)
    # A builder of its own is an instruction to `parse_instructions`, and no stage.
    instructions = parse_instructions(replace(parsed, syntax=None))
    start = next(
        (at for at, each in enumerate(instructions) if each.statement.keyword == "FROM"), None
    )
    if start is None:
        raise DockerfileError(f"{image.path}:1", "there is no FROM; begin with FROM scratch")
    given = {k: _OF_THE_MACHINE if v is None else v for k, v in image.build_args.items()}
    before = tuple(each for each in instructions[:start] if isinstance(each, Arg))
    arguments = outer_arguments(before, given)
    stages: list[Stage] = []
    for instruction in instructions[start:]:
        if instruction.statement.keyword == "FROM":
            stages.append(_opened(instruction, arguments, stages))
        else:
            last = stages[-1]
            stages[-1] = replace(last, instructions=(*last.instructions, instruction))
    return tuple(stages)


def target_chain(image: Image) -> tuple[Stage, ...]:
    """The stage that is built, after the stages that it stands on. Raises `DockerfileError`."""
    stages = read_stages(image)
    chain = [_target(stages, image)]
    while chain[0].below is not None:
        chain.insert(0, stages[chain[0].below])
    return tuple(chain)


def externals(image: Image) -> Iterator[External]:
    """Every image that building the Dockerfile may fetch. Raises `DockerfileError`."""
    parsed = parse_dockerfile(image.content, image.path)
    if parsed.syntax:
        yield External(1, "# syntax", parsed.syntax)
    frontend = image.build_args.get(_FRONTEND)
    if frontend:
        yield External(0, f"the build argument {_FRONTEND}", frontend)
    stages = read_stages(image)
    for stage in stages:
        is_target = stage.base.startswith(("//", ":")) or stage.base in image.targets
        if stage.below is None and stage.base != "scratch" and not is_target:
            yield External(stage.line, "FROM", stage.base, stage.unknown)
        for instruction in stage.instructions:
            yield from _taken(instruction.statement, stages[: stage.number])


def _opened(instruction: Instruction, arguments: dict[str, str], earlier: list[Stage]) -> Stage:
    statement = instruction.statement
    number, line = len(earlier), statement.line
    if not isinstance(instruction, From):
        return Stage(number, "", line, statement.rest, "builders read its substitution differently")
    name = expanded(instruction, instruction.image, arguments)
    if _OF_THE_MACHINE in name:
        why = "the environment of whoever builds it decides"
        return Stage(number, instruction.name, line, instruction.image, why)
    if not name:
        why = "its argument has no value"
        return Stage(number, instruction.name, line, instruction.image, why)
    below = _stage_of(name, earlier)
    return Stage(number, instruction.name, line, name, below=below)


def _stage_of(name: str, earlier: Iterable[Stage]) -> int | None:
    """The last of the earlier stages of that name. Names are compared in lower case."""
    found = [stage.number for stage in earlier if stage.name and stage.name == name.lower()]
    return found[-1] if found else None


def _target(stages: tuple[Stage, ...], image: Image) -> Stage:
    if image.stage is None:
        return stages[-1]
    number = _stage_of(image.stage, stages)
    if number is None:
        raise DockerfileError(f"{image.path}:1", f"there is no stage {image.stage!r}")
    return stages[number]


def _taken(statement: Statement, earlier: tuple[Stage, ...]) -> Iterator[External]:
    """What one instruction takes from an image that is no earlier stage."""
    if statement.keyword == "ONBUILD":
        # It runs in other builds, where these stages are not.
        for inner in _inner(statement).statements:
            yield from (
                replace(found, line=statement.line, place=f"ONBUILD {found.place}")
                for found in _taken(inner, ())
            )
        return
    for name in _sources(statement):
        is_number = name.isdigit() and int(name) < len(earlier)
        if name and not is_number and _stage_of(name, earlier) is None and name != "scratch":
            flag = "--from" if statement.keyword == "COPY" else "--mount"
            yield External(statement.line, f"{statement.keyword} {flag}", name)


def _inner(statement: Statement) -> Dockerfile:
    try:
        return parse_dockerfile(statement.rest.encode(), statement.where)
    except DockerfileError:
        # Its text goes on below the line.
        first = statement.rest.partition("<<")[0]
        return parse_dockerfile(first.encode(), statement.where)


def _sources(statement: Statement) -> Iterator[str]:
    """The images or stages that the flags of a `COPY` or `RUN` name."""
    for flag in statement.flags:
        name, _, value = flag[2:].partition("=")
        if statement.keyword == "COPY" and name == "from":
            yield value
        elif statement.keyword == "RUN" and name == "mount":
            pairs = (part.partition("=") for part in value.split(","))
            yield from (taken for key, _, taken in pairs if key.strip().lower() == "from")
