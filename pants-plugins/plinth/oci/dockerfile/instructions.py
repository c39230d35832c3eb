"""What an instruction of a Dockerfile can be, its arguments not yet expanded.

Whatever needs a command to be run, or another source than the build context, is `Unassemblable`: it
is understood, but only Docker can build it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from plinth.oci.dockerfile.parse import Statement

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Instruction:
    """What all instructions share: the statement they come from, for messages and the history.

    Each kind says whether its arguments have variables replaced, and which key of the image's
    configuration it sets ("" for none), which images that stand on this one inherit.
    """

    statement: Statement
    expanded: ClassVar[bool]
    sets: ClassVar[str]

    def __init_subclass__(cls, *, expanded: bool, sets: str) -> None:
        super().__init_subclass__()
        cls.expanded = expanded
        cls.sets = sets


@dataclass(frozen=True)
class From(Instruction, expanded=True, sets=""):
    """`FROM`: the image that a stage stands on, and the stage's name."""

    image: str
    name: str
    platform: str


@dataclass(frozen=True)
class Arg(Instruction, expanded=True, sets=""):
    """Names with their default, or None where there is none."""

    pairs: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Env(Instruction, expanded=True, sets="Env"):
    """`ENV`: variables, in order."""

    pairs: Pairs


@dataclass(frozen=True)
class Label(Instruction, expanded=True, sets="Labels"):
    """`LABEL`: labels, in order."""

    pairs: Pairs


@dataclass(frozen=True)
class Copy(Instruction, expanded=True, sets=""):
    """`COPY` or `ADD`."""

    sources: tuple[str, ...]
    destination: str
    chown: str
    chmod: str


@dataclass(frozen=True)
class Workdir(Instruction, expanded=True, sets="WorkingDir"):
    """`WORKDIR`: an absolute path, or one below the last."""

    path: str


@dataclass(frozen=True)
class User(Instruction, expanded=True, sets="User"):
    """`USER`: a name or number, with a group or without."""

    name: str


@dataclass(frozen=True)
class Expose(Instruction, expanded=True, sets="ExposedPorts"):
    """`EXPOSE`: ports with their protocols."""

    ports: tuple[str, ...]


@dataclass(frozen=True)
class Volume(Instruction, expanded=True, sets="Volumes"):
    """`VOLUME`: paths."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class StopSignal(Instruction, expanded=True, sets="StopSignal"):
    """`STOPSIGNAL`: a name or number."""

    signal: str


@dataclass(frozen=True)
class Entrypoint(Instruction, expanded=False, sets="Entrypoint"):
    """`shell` tells that the one argument is a command line for the image's shell."""

    arguments: tuple[str, ...]
    shell: bool


@dataclass(frozen=True)
class Cmd(Entrypoint, expanded=False, sets="Cmd"):
    """As `Entrypoint`."""


@dataclass(frozen=True)
class Shell(Instruction, expanded=False, sets="Shell"):
    """`SHELL`: what the shell form of a command is handed to."""

    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Healthcheck(Instruction, expanded=False, sets="Healthcheck"):
    """The check as it stands in the configuration; times are in nanoseconds."""

    test: tuple[str, ...]
    limits: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Maintainer(Instruction, expanded=False, sets=""):
    """`MAINTAINER`: deprecated by Docker, and kept as its author."""

    name: str


@dataclass(frozen=True)
class Unassemblable(Instruction, expanded=False, sets=""):
    """Needs Docker's builder, for the reason given."""

    reason: str
