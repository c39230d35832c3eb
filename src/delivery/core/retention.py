"""Which digests must stay in the registry, and whether an ECR lifecycle policy would expire one.

Lambda keeps no image of its own for good: when the registry loses a digest, the functions that run
it fail, and nothing can be rolled back to it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from delivery.core.entry import Running
from delivery.core.errors import ConfigError
from delivery.core.invalid import first_problem
from delivery.core.observed import Function
from delivery.core.stage import Stage


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Use(_Model):
    """A digest and who needs it; `image` is the address by which it is known."""

    digest: str
    image: str | None
    needed_by: tuple[str, ...]


class RegistryImage(_Model):
    """An image of an ECR repository, as `aws ecr describe-images` has it."""

    repository: str = Field(alias="repositoryName")
    digest: str = Field(alias="imageDigest")
    tags: tuple[str, ...] = Field(default=(), alias="imageTags")
    pushed: AwareDatetime = Field(alias="imagePushedAt")


class _Selection(_Model):
    status: Literal["tagged", "untagged", "any"] = Field(alias="tagStatus")
    prefixes: tuple[str, ...] = Field(default=(), alias="tagPrefixList")
    patterns: tuple[str, ...] = Field(default=(), alias="tagPatternList")
    count: Literal["imageCountMoreThan", "sinceImagePushed"] = Field(alias="countType")
    unit: Literal["days"] | None = Field(default=None, alias="countUnit")
    number: int = Field(alias="countNumber", gt=0)


class _Action(_Model):
    type: Literal["expire"]


class Rule(_Model):
    """One rule of an ECR lifecycle policy. Of a kind that is not known here, none is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    priority: int = Field(alias="rulePriority", gt=0)
    description: str = ""
    selection: _Selection
    action: _Action


class Policy(_Model):
    """An ECR lifecycle policy."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _priorities_once(self) -> Policy:
        if len({each.priority for each in self.rules}) != len(self.rules):
            raise ValueError("two rules have one priority")
        return self


def parse_policy(data: bytes, origin: str) -> Policy:
    """The policy in a document. Raises `ConfigError`."""
    try:
        return Policy.model_validate_json(data)
    except ValidationError as error:
        raise ConfigError(f"{origin}: no ECR lifecycle policy: {first_problem(error)}.") from error


def in_use(
    stages: Iterable[Stage], functions: Mapping[str, Iterable[Function]], entries: int
) -> tuple[Use, ...]:
    """Each digest that an alias, an environment or one of its last `entries` entries needs."""
    needed: dict[str, list[str]] = {}
    images: dict[str, str | None] = {}
    for who, running in _needs(stages, functions, entries):
        if running.digest:
            needed.setdefault(running.digest, []).append(who)
            images[running.digest] = running.image or images.get(running.digest)
    return tuple(
        Use(digest=digest, image=images[digest], needed_by=tuple(dict.fromkeys(needed[digest])))
        for digest in sorted(needed)
    )


def _needs(
    stages: Iterable[Stage], functions: Mapping[str, Iterable[Function]], entries: int
) -> Iterator[tuple[str, Running]]:
    for stage in stages:
        for name, running in sorted(stage.functions.items()):
            yield f"{stage.name}/{name}", running
        for seen in functions.get(stage.name, ()):
            if seen.serves:
                serves = seen.serves
                running = Running(version=serves.version, digest=serves.digest, image=serves.image)
                yield f"the alias of {seen.function}", running
        for entry in stage.entries[-entries:] if entries else ():
            moved = (each for move in entry.moves for each in (move.before, move.after) if each)
            for each in (*(entry.functions or {}).values(), *moved):
                yield f"entry {entry.number} of {stage.name}", each


def expired(policy: Policy, images: Iterable[RegistryImage], at: datetime) -> dict[str, int]:
    """The digests of one repository that the policy expires by then, with the rule's priority.

    As ECR applies it: each rule sees all images of its tags, newest first; an image that a rule of
    a lower number matches is not touched by a later one.
    """
    gone: dict[str, int] = {}
    claimed: set[str] = set()
    newest_first = sorted(images, key=lambda each: each.pushed, reverse=True)
    for rule in sorted(policy.rules, key=lambda each: each.priority):
        matching = [each for each in newest_first if _matches(rule.selection, each)]
        for image in _too_many(rule.selection, matching, at):
            if image.digest not in claimed:
                gone[image.digest] = rule.priority
        claimed.update(each.digest for each in matching)
    return gone


def _matches(selection: _Selection, image: RegistryImage) -> bool:
    if selection.status == "untagged":
        return not image.tags
    if selection.status == "any":
        return True
    if selection.patterns:
        return all(_some(fnmatch.fnmatchcase, image.tags, p) for p in selection.patterns)
    if selection.prefixes:
        return all(_some(str.startswith, image.tags, p) for p in selection.prefixes)
    return bool(image.tags)


def _some(test: Any, tags: tuple[str, ...], pattern: str) -> bool:
    return any(test(tag, pattern) for tag in tags)


def _too_many(
    selection: _Selection, images: list[RegistryImage], at: datetime
) -> list[RegistryImage]:
    if selection.count == "imageCountMoreThan":
        return images[selection.number :]
    oldest = at - timedelta(days=selection.number)
    return [each for each in images if each.pushed < oldest]
