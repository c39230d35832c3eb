"""What targets are made of and what they need, asked of Pants: all of them, or some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from pants.backend.docker.target_types import DockerImageSourceField
from pants.backend.python.subsystems.pytest import PyTest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.core.goals.test import RuntimePackageDependenciesField, TestFieldSet
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    SpecialCasedDependencies,
    Target,
    Targets,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel

from plinth.affected.update import CONTENT
from plinth.affected.util_rules.given import given, reason
from plinth.affected.util_rules.of_tests import EVERY_TEST, config_files
from plinth.fingerprint.document import APPLICATION, IMAGE, TEST, UNKNOWN, Entry
from plinth.fingerprint.part import Part
from plinth.images.fingerprint import ImageFingerprint
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.layers.target_types import PythonLayerContentField, PythonLayerTarget
from plinth.sam.target_types import SamApplicationTarget


@dataclass(frozen=True)
class EntriesRequest:
    """The entries of these targets, by address, or of all."""

    specs: frozenset[str] | None = None


@dataclass(frozen=True)
class Entries:
    """By address: entries, and the resolves of those that are tests."""

    entries: Mapping[str, Entry]
    resolves: Mapping[str, str]

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True)
class _Needed:
    """What a target depends on directly. `error` says why that may not be all."""

    addresses: tuple[Address, ...]
    error: str = ""


async def _dependencies(targets: Iterable[Target]) -> tuple[_Needed, ...]:
    """Each target's dependencies; an error is that target's own, and not everybody's."""
    listed = tuple(targets)
    try:
        found = await MultiGet(
            Get(Addresses, DependenciesRequest(target.get(Dependencies))) for target in listed
        )
        return tuple(_Needed(tuple(addresses)) for addresses in found)
    except Exception:
        return tuple([await _dependencies_of(target) for target in listed])


async def _dependencies_of(target: Target) -> _Needed:
    """A target's dependencies; what its BUILD file says of them where the rest cannot be told."""
    field = target.get(Dependencies)
    try:
        return _Needed(tuple(await Get(Addresses, DependenciesRequest(field))))
    except Exception as error:
        with suppress(Exception):
            explicit = await Get(ExplicitlyProvidedDependencies, DependenciesRequest(field))
            return _Needed(tuple(explicit.includes), reason(error))
        return _Needed((), reason(error))


@dataclass(frozen=True)
class _Special:
    """What fields besides `dependencies` name: all of it, the packages to run, what is left out."""

    takes: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    error: str = ""


async def _special(targets: Iterable[Target]) -> dict[str, _Special]:
    """By address, of those targets that have such fields."""
    taken = [
        (target.address.spec, field)
        for target in targets
        for field in target.field_values.values()
        if isinstance(field, SpecialCasedDependencies) and field.value
    ]
    left_out = [
        (target.address.spec, target.get(Dependencies).unevaluated_transitive_excludes)
        for target in targets
        if target.get(Dependencies).unevaluated_transitive_excludes.values
    ]
    found = await _named(
        [field.to_unparsed_address_inputs() for _, field in taken] + [each for _, each in left_out]
    )
    special: dict[str, _Special] = {}
    for (spec, field), named in zip(taken, found):
        known = special.get(spec, _Special())
        specs = _specs(named.addresses)
        special[spec] = replace(
            known,
            takes=(*known.takes, *specs),
            packages=(*known.packages, *specs)
            if isinstance(field, RuntimePackageDependenciesField)
            else known.packages,
            error=known.error or named.error,
        )
    for (spec, _), named in zip(left_out, found[len(taken) :]):
        known = special.get(spec, _Special())
        specs = _specs(named.addresses)
        special[spec] = replace(known, excludes=specs, error=known.error or named.error)
    return special


async def _named(inputs: list[UnparsedAddressInputs]) -> tuple[_Needed, ...]:
    """The targets that texts name, generated ones in place of those that generate them."""
    try:
        found = await MultiGet(Get(Targets, UnparsedAddressInputs, each) for each in inputs)
        return tuple(_Needed(tuple(t.address for t in targets)) for targets in found)
    except Exception:
        return tuple([await _named_or_why(each) for each in inputs])


async def _named_or_why(inputs: UnparsedAddressInputs) -> _Needed:
    try:
        found = await Get(Targets, UnparsedAddressInputs, inputs)
    except Exception as error:
        return _Needed((), reason(error))
    return _Needed(tuple(target.address for target in found))


def _specs(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(sorted(address.spec for address in addresses))


async def _images(targets: Iterable[Target]) -> dict[str, tuple[Part, ...]]:
    """All that determines each image; an error is that image's own."""
    addresses = [t.address for t in targets if t.has_field(DockerImageSourceField)]
    found: list[ImageFingerprint | str]
    try:
        found = list(
            await MultiGet(
                Get(ImageFingerprint, ImageFingerprintRequest(address)) for address in addresses
            )
        )
    except Exception:
        found = [await _image_or_why(address) for address in addresses]
    return {
        address.spec: each.parts
        if isinstance(each, ImageFingerprint)
        else (Part(UNKNOWN, "", address.spec, each),)
        for address, each in zip(addresses, found)
    }


async def _image_or_why(address: Address) -> ImageFingerprint | str:
    try:
        return await Get(ImageFingerprint, ImageFingerprintRequest(address))
    except Exception as error:
        return reason(error)


@rule(desc="Reading what targets are made of", level=LogLevel.DEBUG)
async def entries_of(
    request: EntriesRequest,
    all_targets: AllUnexpandedTargets,
    members: UnionMembership,
    python: PythonSetup,
    pytest: PyTest,
) -> Entries:
    """The entries of the targets that are asked for, each as all the others see it."""
    targets = tuple(
        target
        for target in all_targets
        if request.specs is None or target.address.spec in request.specs
    )
    tests = [target for target in targets if _is_test(target, members)]
    needed = await _dependencies(targets)
    special = await _special(targets)
    functions = await _special(_functions(targets, needed, all_targets))
    gives = await given(targets, python, members)
    images = await _images(targets)
    configured = await config_files(tests, pytest)
    are_tests = {target.address.spec for target in tests}
    entries = {}
    for target, needs in zip(targets, needed):
        spec = target.address.spec
        fields = special.get(spec, _Special())
        is_test = spec in are_tests
        is_application = isinstance(target, SamApplicationTarget)
        deployed = _images_of(needs, functions) if is_application else ()
        entry = Entry(
            spec,
            alias=target.alias,
            kind=_kind(spec in images, is_application, is_test),
            own=images.get(spec) or configured.get(spec, ()) or _content(target),
            given=gives.parts.get(spec, ()),
            needs=(*_specs(needs.addresses), *((EVERY_TEST,) if is_test else ())),
            takes=(*fields.takes, *deployed),
            packages=(*fields.packages, *deployed),
            excludes=fields.excludes,
            makes=gives.makes.get(spec, ""),
        )
        entries[spec] = _with_doubt(entry, needs.error or fields.error)
    resolves = {
        target.address.spec: target[PythonResolveField].normalized_value(python)
        for target in tests
        if target.has_field(PythonResolveField)
    }
    return Entries(entries, resolves)


def _kind(is_image: bool, is_application: bool, is_test: bool) -> str:
    if is_image:
        return IMAGE
    return APPLICATION if is_application else TEST if is_test else ""


def _functions(
    targets: Iterable[Target], needed: Iterable[_Needed], all_targets: Iterable[Target]
) -> list[Target]:
    """The functions of the applications among the targets, whether these are asked for or not."""
    addresses = {
        address
        for target, needs in zip(targets, needed)
        if isinstance(target, SamApplicationTarget)
        for address in needs.addresses
    }
    return [target for target in all_targets if target.address in addresses]


def _images_of(needs: _Needed, functions: Mapping[str, _Special]) -> tuple[str, ...]:
    """The images of an application's functions."""
    found = (functions.get(spec, _Special()).takes for spec in _specs(needs.addresses))
    return tuple(sorted({image for images in found for image in images}))


def _content(target: Target) -> tuple[Part, ...]:
    """What a layer takes of all that it needs, for whoever brings it up to date."""
    if not isinstance(target, PythonLayerTarget):
        return ()
    content = " ".join(sorted(target[PythonLayerContentField].value or ()))
    return (Part(CONTENT, "", target.address.spec, content),)


def _with_doubt(entry: Entry, error: str) -> Entry:
    if not error:
        return entry
    doubt = Part(UNKNOWN, "", entry.spec, f"what {entry.spec} depends on cannot be told: {error}")
    return replace(entry, given=(*entry.given, doubt))


def _is_test(target: Target, members: UnionMembership) -> bool:
    return any(each.is_applicable(target) for each in members.get(TestFieldSet))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
