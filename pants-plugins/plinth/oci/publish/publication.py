"""An image on its way to a repository, and what became of it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from plinth.oci.errors import OciError, printable_lines
from plinth.oci.format.layout import Stack, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.registry.push import Pushed

PUSHED = "pushed"
SKIPPED = "skipped"
REFUSED = "refused"
FAILED = "failed"
NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Publication:
    """An image, and the repository that it goes to.

    `tag` is how a registry is asked for it: made of all that determines the image, set once, when
    the image is complete, and never moved. `base` is the repository of the image below it, in the
    same registry. `tags` are for people. `objection` says why the image must not be pushed where it
    is not there yet.
    """

    stack: Stack
    repository: Repository
    tag: str
    base: Repository | None = None
    tags: tuple[str, ...] = ()
    objection: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any], root: Path) -> Publication:
        """The publication of a plan; its layouts lie below `root`."""
        return cls(
            stack=read_stack(root / value["layout"], [root / base for base in value["bases"]]),
            repository=Repository.parse(value["repository"]),
            tag=value["tag"],
            base=Repository.parse(value["base"]) if value["base"] else None,
            tags=tuple(value["tags"]),
            objection=value["objection"],
        )

    @property
    def name(self) -> str:
        """The image's."""
        return self.stack.image.name

    @property
    def digest(self) -> str:
        """The image's, which a registry knows it by."""
        return self.stack.image.digest

    @property
    def height(self) -> int:
        """How many images it stands on."""
        return len(self.stack.bases)

    @property
    def key(self) -> tuple[str, str]:
        """What those that stand on it know it by: the registry, and the image's digest."""
        return self.repository.host, self.digest

    @property
    def base_key(self) -> tuple[str, str]:
        """The `key` of the image below it; no publication's for an image from scratch."""
        return self.repository.host, self.stack.image.base_digest or ""


@dataclass(frozen=True)
class DockerPublication:
    """An image that Docker built, and the repository that it goes to.

    `image_id` is what this machine's engine knows it by. The digest that a registry will know it by
    is not known before, and differs from build to build.
    """

    name: str
    image_id: str
    repository: Repository
    tag: str
    tags: tuple[str, ...] = ()
    objection: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DockerPublication:
        """The publication of a plan."""
        return cls(
            name=value["name"],
            image_id=value["image_id"],
            repository=Repository.parse(value["repository"]),
            tag=value["tag"],
            tags=tuple(value["tags"]),
            objection=value["objection"],
        )

    @property
    def digest(self) -> str:
        """None that is known: a registry's word is in the outcome."""
        return ""

    @property
    def height(self) -> int:
        """Above those that are assembled, since it may stand on any of them."""
        return sys.maxsize

    @property
    def key(self) -> tuple[str, str]:
        """Nothing that is published in order stands on it."""
        return self.repository.host, self.image_id

    @property
    def base_key(self) -> tuple[str, str]:
        """What it stands on is in the engine, and goes with it."""
        return "", ""


AnyPublication = Union[Publication, DockerPublication]


@dataclass(frozen=True)
class Outcome:
    """What became of a publication, and why. `notes` tell what else a user should know.

    `digest` is what the registry knows the image by, where only the registry tells.
    """

    publication: AnyPublication
    status: str
    why: str
    pushed: Pushed | None = None
    notes: tuple[str, ...] = ()
    digest: str = ""

    @classmethod
    def of_error(cls, publication: AnyPublication, error: Exception) -> Outcome:
        """What became of one that raised the error, whatever kind of error that is."""
        why = str(error)
        if not isinstance(error, (OciError, OSError)):
            where = traceback.extract_tb(error.__traceback__)[-1]
            why = (
                f"{type(error).__name__}: {error} (at {Path(where.filename).name}:{where.lineno}). "
                f"Plinth did not foresee this: please report it"
            )
        return cls(publication, FAILED, why)

    @property
    def is_there(self) -> bool:
        """Whether the registry has the image, complete and under its tag."""
        return self.status in (PUSHED, SKIPPED)

    def __str__(self) -> str:
        lines = (f"{self.status} {self.publication.repository}: {self.why}", *self.notes)
        return printable_lines("\n  ".join(lines))

    def to_json(self) -> dict[str, Any]:
        """As it stands in the report of a run."""
        pushed = self.pushed
        return {
            "name": self.publication.name,
            "repository": str(self.publication.repository),
            "digest": self.digest or self.publication.digest,
            "tag": self.publication.tag,
            "status": self.status,
            "why": self.why,
            "notes": list(self.notes),
            "uploaded": list(pushed.uploaded) if pushed else [],
            "mounted": list(pushed.mounted) if pushed else [],
        }
