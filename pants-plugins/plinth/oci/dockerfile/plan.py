"""What a Dockerfile asks for: its base, the instructions of the stage that is built, and what of
them only Docker can do. Nothing of the base or the build context is needed to know this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from plinth.oci.dockerfile.expand import ExpandError, expand
from plinth.oci.dockerfile.instructions import (
    Arg,
    From,
    Instruction,
    Unassemblable,
)
from plinth.oci.dockerfile.parse import DockerfileError, parse_dockerfile
from plinth.oci.dockerfile.parse_instructions import parse_instructions
from plinth.oci.format.reference import BadReference, parse_pinned
from plinth.platform import PLATFORM

# What BuildKit defines before the first line. The building machine's platform is fixed, too: the
# same commit gives the same image on every machine.
PLATFORM_ARGUMENTS = {
    f"{side}{name}": value
    for side in ("BUILD", "TARGET")
    for name, value in (
        ("PLATFORM", PLATFORM.image),
        ("OS", PLATFORM.os),
        ("ARCH", PLATFORM.architecture),
        ("VARIANT", ""),
    )
}
SCRATCH, TARGET, DIGEST, DOCKER = "scratch", "target", "digest", "docker"


@dataclass(frozen=True)
class BaseRef:
    """What an image stands on.

    `kind` tells what `value` is: SCRATCH (nothing), TARGET (an address as the Dockerfile has it),
    DIGEST (`repository@sha256:…`), or DOCKER (any name, of an image that is left to Docker).
    """

    kind: str
    value: str


@dataclass(frozen=True)
class NotAssemblable:
    """An instruction that only Docker can build: its line, its keyword, and why."""

    line: int
    instruction: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """An image as its Dockerfile describes it.

    `instructions` are those of the target stage and of the stages it is built from, in order, each
    stage after the first opening with its `From`. `arguments` are the values that `ARG name` finds
    outside the stage, `build_args` the ones given from outside. When `not_assemblable` has anything
    in it, the image is Docker's to build.
    """

    path: str
    base: BaseRef
    instructions: tuple[Instruction, ...]
    arguments: tuple[tuple[str, str], ...]
    build_args: tuple[tuple[str, str], ...]
    not_assemblable: tuple[NotAssemblable, ...]


@dataclass(frozen=True)
class _Stage:
    """A build stage: its `FROM`, with the base's name expanded, and the instructions below it."""

    opening: From
    base: str
    instructions: tuple[Instruction, ...]


def plan_image(
    content: bytes,
    path: str,
    build_args: Mapping[str, str],
    target_stage: str | None = None,
    targets: Collection[str] = (),
) -> Plan:
    """The plan of the Dockerfile with this content; `path` names it in errors.

    A base is a build target when it begins with `//` or `:`, or is one of `targets`. Raises
    `DockerfileError` for a malformed Dockerfile, and for a base that is not pinned by digest.
    """
    instructions = parse_instructions(parse_dockerfile(content, path))
    start = next((at for at, found in enumerate(instructions) if isinstance(found, From)), None)
    before = instructions[:start]
    for instruction in before:
        if not isinstance(instruction, (Arg, Unassemblable)):
            raise instruction.statement.error("only ARG may stand before the first FROM")
    if start is None:
        raise DockerfileError(f"{path}:1", "there is no FROM; begin with FROM scratch, or a base")
    arguments = outer_arguments(before, build_args)
    chain = _chain(_stages(instructions[start:], arguments), target_stage, path)
    needed = [found for stage in chain for found in (stage.opening, *stage.instructions)]
    left = tuple(
        NotAssemblable(found.statement.line, found.statement.keyword, found.reason)
        for found in (*before, *needed)
        if isinstance(found, Unassemblable)
    )
    left += tuple(_other_platforms(chain, arguments))
    return Plan(
        path=path,
        base=_base_ref(chain[0], targets, left_to_docker=bool(left)),
        instructions=tuple(needed[1:]),
        arguments=tuple(sorted(arguments.items())),
        build_args=tuple(sorted(build_args.items())),
        not_assemblable=left,
    )


def outer_arguments(
    before: tuple[Instruction, ...], build_args: Mapping[str, str]
) -> dict[str, str]:
    """The values of the `ARG`s before the first `FROM`, and of the platform's."""
    values = {name: build_args.get(name, value) for name, value in PLATFORM_ARGUMENTS.items()}
    for instruction in before:
        for name, default in instruction.pairs if isinstance(instruction, Arg) else ():
            if name in build_args:
                values[name] = build_args[name]
            elif default is not None:
                values[name] = expanded(instruction, default, values)
    return values


def expanded(instruction: Instruction, word: str, variables: Mapping[str, str]) -> str:
    """`word` of the instruction with its variables replaced. Raises `DockerfileError`."""
    try:
        return expand(word, variables, instruction.statement.escape)
    except ExpandError as error:
        raise instruction.statement.error(str(error)) from error


def _stages(instructions: tuple[Instruction, ...], arguments: Mapping[str, str]) -> list[_Stage]:
    stages: list[_Stage] = []
    for instruction in instructions:
        if isinstance(instruction, From):
            base = expanded(instruction, instruction.image, arguments)
            if not base:
                raise instruction.statement.error(
                    f"{instruction.image} is empty; give its ARG a default, or a value"
                )
            stages.append(_Stage(instruction, base, ()))
        else:
            stages[-1] = replace(stages[-1], instructions=(*stages[-1].instructions, instruction))
    return stages


def _chain(stages: list[_Stage], target: str | None, path: str) -> list[_Stage]:
    """The target stage, after the stages that it is built from."""
    names = [stage.opening.name for stage in stages]
    at = len(stages) - 1
    if target is not None:
        if target.lower() not in names:
            known = ", ".join(filter(None, names)) or "none"
            raise DockerfileError(f"{path}:1", f"there is no stage {target!r}; named are: {known}")
        at = _last_index(names, target.lower())
    chain = [stages[at]]
    while chain[0].base in names[:at]:
        at = _last_index(names[:at], chain[0].base)
        chain.insert(0, stages[at])
    return chain


def _last_index(names: list[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)


def _other_platforms(chain: list[_Stage], arguments: Mapping[str, str]) -> Iterator[NotAssemblable]:
    for stage in chain:
        platform = expanded(stage.opening, stage.opening.platform, arguments)
        if stage.opening.platform and platform != PLATFORM.image:
            reason = f"the platform {platform!r} is not {PLATFORM.image}"
            yield NotAssemblable(stage.opening.statement.line, "FROM", reason)


def _base_ref(stage: _Stage, targets: Collection[str], left_to_docker: bool) -> BaseRef:
    name, statement = stage.base, stage.opening.statement
    if name == "scratch":
        return BaseRef(SCRATCH, name)
    if name.startswith(("//", ":")) or name in targets:
        return BaseRef(TARGET, name)
    if left_to_docker:
        return BaseRef(DOCKER, name)
    repository, _, digest = name.partition("@")
    if not digest:
        raise statement.error(
            f"{name} is not pinned by digest: every rebuild may get other bytes. Write it as "
            f"{_without_tag(name)}@sha256:…; `docker pull {name}` prints the digest"
        )
    pinned = f"{_without_tag(repository)}@{digest}"
    try:
        parse_pinned(pinned)
    except BadReference as error:
        raise statement.error(str(error)) from error
    return BaseRef(DIGEST, pinned)


def _without_tag(name: str) -> str:
    return re.sub(r":[^/:]*$", "", name)
