"""The code and the tools that turn what an image is made of into its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.archive.sources import closure, imported_or_run, source_of
from plinth.archive.util_rules.builder import BuilderSubsystem
from plinth.fingerprint.distributions import distribution_part
from plinth.images.fingerprint import Part
from plinth.layers.util_rules.lock import LockRequest
from plinth.lockfile.distribution import Lock
from plinth.platform import PLATFORM

# What makes bytes of an image: the image itself, and each kind of target in its context.
MAKERS = (
    "plinth.images.util_rules.image",
    "plinth.layers.util_rules.layer",
    "plinth.layers.util_rules.wheel_file",
)
# What they stand on that can reach no image's bytes, by the reason. Modules named `…errors` only
# word failures.
LEFT_OUT = {
    "it only fetches what a hash then vouches for": (
        *("plinth.archive.network", "plinth.debian.current", "plinth.debian.fetch"),
        *(
            "plinth.images.reach",
            "plinth.layers.index",
            "plinth.oci.registry.auth",
            "plinth.oci.registry.credentials",
        ),
        *(
            "plinth.oci.format.reference",
            "plinth.oci.registry.client",
            "plinth.oci.registry.transport",
        ),
    ),
    "it only refuses": (
        *("plinth.code.loaded", "plinth.code.rules"),
        *("plinth.layers.clash", "plinth.layers.util_rules.clash"),
        *("plinth.layers.handler", "plinth.layers.util_rules.handler"),
    ),
    "what it reads is a part itself": (
        *("plinth.debian.lock", "plinth.debian.target_types"),
        *("plinth.layers.content", "plinth.layers.util_rules.content"),
        *("plinth.layers.target_types", "plinth.layers.util_rules.lock"),
        *("plinth.lockfile.closure", "plinth.lockfile.distribution"),
        *("plinth.lockfile.environment", "plinth.lockfile.lines"),
        *("plinth.lockfile.parse", "plinth.lockfile.write"),
    ),
    "it only finds the sources of what runs": ("plinth.archive.sources",),
    "it only lays the finished bytes out in folders": ("plinth.oci.format.layout",),
}


def left_out(module: str) -> bool:
    """Whether no edit of the module can change an image's bytes."""
    return module.endswith("errors") or any(module in each for each in LEFT_OUT.values())


def modules() -> tuple[str, ...]:
    """All of Plinth that takes part in making an image's bytes, found by imports.

    An edit of what only fetches, checks or reports leaves every fingerprint as it is.
    """
    return closure(MAKERS, left_out, imported_or_run)


@dataclass(frozen=True)
class AssemblerRequest:
    """The assembler as it stands."""


@dataclass(frozen=True)
class Assembler:
    """The parts of every fingerprint that stand for our own code, its tools and the platform."""

    parts: tuple[Part, ...]


@rule
async def parts_of_assembler(request: AssemblerRequest, builder: BuilderSubsystem) -> Assembler:
    """The assembler's code, its locked tools and the platform, as parts."""
    origin = "the option `[plinth-builder].lockfile`"
    lock = await Get(Lock, LockRequest(builder.lockfile, origin))
    return Assembler(
        (
            Part("assembler", "", "", code()),
            Part("platform", "", "image", PLATFORM.image),
            Part("platform", "", "python", PLATFORM.python),
            Part("platform", "", "wheels", PLATFORM.wheels),
            *(distribution_part("tool", "", each) for each in lock.distributions),
        )
    )


def code() -> str:
    """A hash of the modules' names and sources."""
    found = hashlib.sha256()
    for module in modules():
        source = source_of(module)
        found.update(f"{module}\0{len(source)}\0".encode() + source)
    return found.hexdigest()


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
