"""What Pants wants to know of a Dockerfile: its arguments, what it copies, what it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plinth.oci.dockerfile.parse import Dockerfile, Statement

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
# What may pass as a Pants address: `path:name`, `//path:name`, `:name`, with a generated `#name`.
_ADDRESS = re.compile(r"(?://)?[^:#@ ]*:[^:#!@?/\= ]+(?:\#[^:#!@?= ]+)?")
_TAG = re.compile(r"[^:@\s]+(?::(?P<tag>[^@\s]+))?(?:@(?P<digest>\S+))?")


@dataclass(frozen=True)
class Facts:
    """A Dockerfile's facts in the forms that Pants' `DockerfileInfo` has.

    `build_args` are `NAME` or `NAME=default`; `from_image_build_args` are those whose default is a
    target's address and that a FROM names; `version_tags` are `stage tag`.
    """

    build_args: tuple[str, ...]
    copy_source_paths: tuple[str, ...]
    from_image_build_args: tuple[str, ...]
    version_tags: tuple[str, ...]


def facts(dockerfile: Dockerfile) -> Facts:
    """The facts of a parsed Dockerfile."""
    args = tuple(statement.rest for statement in _all(dockerfile, "ARG"))
    from_targets = tuple(_image_args(dockerfile, args))
    return Facts(
        build_args=args,
        copy_source_paths=tuple(_copy_sources(dockerfile)),
        from_image_build_args=from_targets,
        version_tags=tuple(_version_tags(dockerfile, from_targets)),
    )


def _all(dockerfile: Dockerfile, keyword: str) -> Iterator[Statement]:
    return (statement for statement in dockerfile.statements if statement.keyword == keyword)


def _copy_sources(dockerfile: Dockerfile) -> Iterator[str]:
    for statement in _all(dockerfile, "COPY"):
        if not any(flag.startswith("--from") for flag in statement.flags):
            yield from (statement.exec_form() or statement.words())[:-1]


def _image_args(dockerfile: Dockerfile, args: tuple[str, ...]) -> Iterator[str]:
    pairs = (arg.partition("=") for arg in args)
    defaults = {name: value.strip("\"'") for name, _, value in pairs}
    for statement in _all(dockerfile, "FROM"):
        variable = _VARIABLE.fullmatch(_image(statement))
        value = defaults.get(variable[1], "") if variable else ""
        if variable and _ADDRESS.fullmatch(value):
            yield f"{variable[1]}={value}"


def _version_tags(dockerfile: Dockerfile, from_targets: tuple[str, ...]) -> Iterator[str]:
    targets = {arg.partition("=")[0] for arg in from_targets}
    for number, statement in enumerate(_all(dockerfile, "FROM")):
        words = statement.words()
        named = len(words) == 3 and words[1].upper() == "AS"
        variable = _VARIABLE.fullmatch(_image(statement))
        # A target has no tag, and Pants does not look for one in every form of an address.
        is_target = variable is not None and variable[1] in targets
        tag = "latest" if is_target else _tag(_image(statement))
        if tag:
            yield f"{words[2] if named else f'stage{number}'} {tag}"


def _image(statement: Statement) -> str:
    return next(iter(statement.words()), "")


def _tag(image: str) -> str:
    """The tag that Pants shows for an image: its own, `latest`, or the argument that names it."""
    variable = _VARIABLE.fullmatch(image)
    if variable:
        return f"build-arg:{variable[1]}"
    parts = _TAG.fullmatch(image.rpartition("/")[2])
    if not parts:
        return ""
    return parts["tag"] or ("" if parts["digest"] else "latest")
