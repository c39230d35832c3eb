"""The code and the tools that turn what an image is made of into its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.archive.builder import BuilderSubsystem, source_files
from plinth.fingerprint.distributions import distribution_part
from plinth.images.fingerprint import Part
from plinth.layers.util_rules.lock import LockRequest
from plinth.lockfile.distribution import Lock
from plinth.lockfile.environment import PYTHON_VERSION, WHEEL_PLATFORM
from plinth.oci.plan import ARCHITECTURE, OS

# All of Plinth that takes part in making an image's bytes, and nothing that only fetches, checks
# or reports: an edit of a registry's client leaves every fingerprint as it is.
MODULES = (
    "plinth.archive.builder",
    "plinth.archive.compress",
    "plinth.archive.decompress",
    "plinth.archive.hashed",
    "plinth.archive.interpreter",
    "plinth.archive.pyc",
    "plinth.archive.tar",
    "plinth.debian.configure",
    "plinth.debian.deb",
    "plinth.debian.elf",
    "plinth.debian.tree",
    "plinth.debian.unpack",
    "plinth.debian.util_rules.root",
    "plinth.git.objects",
    "plinth.git.util_rules.as_committed",
    "plinth.git.util_rules.index",
    "plinth.git.util_rules.process",
    "plinth.images.util_rules.context",
    "plinth.images.util_rules.image",
    "plinth.images.util_rules.layer",
    "plinth.images.util_rules.plan",
    "plinth.layers.compiled",
    "plinth.layers.install",
    "plinth.layers.join",
    "plinth.layers.pack",
    "plinth.layers.records",
    "plinth.layers.runtime",
    "plinth.layers.util_rules.layer",
    "plinth.layers.util_rules.runtime",
    "plinth.layers.util_rules.third_party",
    "plinth.layers.util_rules.wheel_file",
    "plinth.layers.uv_install",
    "plinth.layers.wheel_member",
    "plinth.oci.context",
    "plinth.oci.descriptor",
    "plinth.oci.dockerfile",
    "plinth.oci.evaluate",
    "plinth.oci.expand",
    "plinth.oci.fetch_base",
    "plinth.oci.ignore",
    "plinth.oci.image",
    "plinth.oci.instructions",
    "plinth.oci.layer",
    "plinth.oci.layer_tree",
    "plinth.oci.make_layer",
    "plinth.oci.match",
    "plinth.oci.mode",
    "plinth.oci.plan",
    "plinth.oci.platform",
    "plinth.oci.settings",
    "plinth.oci.step",
    "plinth.oci.tree",
)


@dataclass(frozen=True)
class AssemblerRequest:
    """The assembler as it stands."""


@dataclass(frozen=True)
class Assembler:
    parts: tuple[Part, ...]


@rule
async def parts_of_assembler(request: AssemblerRequest, builder: BuilderSubsystem) -> Assembler:
    origin = "the option `[plinth-builder].lockfile`"
    lock = await Get(Lock, LockRequest(builder.lockfile, origin))
    return Assembler(
        (
            Part("assembler", "", "", code()),
            Part("platform", "", "image", f"{OS}/{ARCHITECTURE}"),
            Part("platform", "", "python", PYTHON_VERSION),
            Part("platform", "", "wheels", WHEEL_PLATFORM),
            *(distribution_part("tool", "", each) for each in lock.distributions),
        )
    )


def code() -> str:
    """A hash of the modules' names and sources."""
    found = hashlib.sha256()
    for file in source_files(MODULES):
        found.update(f"{file.path}\0{len(file.content)}\0".encode() + file.content)
    return found.hexdigest()


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
