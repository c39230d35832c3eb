"""A repository as the guards see it: values and bytes, whoever has read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Image:
    """An image's Dockerfile.

    `path` is the Dockerfile, or the BUILD file that holds its text (`in_build_file`). `address` is
    the target that builds it; "" for a Dockerfile that no target has. `build_args` without a value
    are the environment's. `targets` are the names in it that are targets. `base` is the address of
    the image that it stands on, "" where none is a target.
    """

    path: str
    content: bytes
    address: str = ""
    in_build_file: bool = False
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    stage: str | None = None
    targets: tuple[str, ...] = ()
    base: str = ""
    is_lambda: bool = False

    def line(self, line: int) -> int:
        """The line in the file at `path`: not known where a BUILD file holds the text."""
        return 0 if self.in_build_file else line


@dataclass(frozen=True)
class LockFile:
    """A lock and the requirements file that it answers; `requirements` is None where none is
    there.
    """

    path: str
    text: str
    requirements_path: str
    requirements: str | None


@dataclass(frozen=True)
class Requirement:
    """A requirement that the repository declares, at a line of its file."""

    path: str
    line: int
    name: str
    used: bool


@dataclass(frozen=True)
class NamedRequirement:
    """A requirement that a layer's target names itself, beside what its code imports.

    `carried_by` is the image below that has it already, or "".
    """

    path: str
    target: str
    name: str
    carried_by: str = ""


@dataclass(frozen=True)
class Source:
    """A Python file. `owned` tells whether a target has it. `problem` is why it does not compile,
    as `line: what`, or "".
    """

    path: str
    owned: bool = True
    below_root: bool = True
    problem: str = ""


@dataclass(frozen=True)
class Handler:
    """The handler that a BUILD file names, and what is wrong with it, "" where nothing is."""

    path: str
    text: str
    problem: str = ""


@dataclass(frozen=True)
class UnownedImport:
    """An import that neither the repository nor a lock provides."""

    path: str
    line: int
    module: str
    fix: str


@dataclass(frozen=True)
class Workflow:
    """A workflow or an action of GitHub's."""

    path: str
    text: str


@dataclass(frozen=True)
class Repository:
    """All that is judged. `paths` are the files of the repository; `owners` is the text of
    `owners_path`, None where that file is missing. `base` is the address of the image that lambdas
    stand on.
    """

    paths: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    locks: tuple[LockFile, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    named_requirements: tuple[NamedRequirement, ...] = ()
    imports: tuple[UnownedImport, ...] = ()
    sources: tuple[Source, ...] = ()
    handlers: tuple[Handler, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    owners_path: str = ".github/CODEOWNERS"
    owners: str | None = None
    supply_chain: tuple[str, ...] = ()
    base: str = "//base:image"
