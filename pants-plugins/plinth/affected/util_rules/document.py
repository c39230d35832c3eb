"""The document of the tree as it stands, asked of Pants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
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
    OptionalSingleSourceField,
    SpecialCasedDependencies,
    Target,
    Targets,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel

from plinth.affected.options import Configured
from plinth.affected.update import CONTENT
from plinth.affected.util_rules.given import given, reason
from plinth.affected.util_rules.of_tests import (
    EVERY_TEST,
    config_files,
    given_to_tests,
    given_whole_locks,
)
from plinth.archive.util_rules.builder import BuilderSubsystem
from plinth.fingerprint.document import CONTAINER_TEST, IMAGE, TEST, UNKNOWN, Document, Entry
from plinth.fingerprint.part import Part
from plinth.images.fingerprint import ImageFingerprint
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.layers.target_types import PythonLayerContentField, PythonLayerTarget


@dataclass(frozen=True)
class FreshDocumentRequest:
    """The document of the tree as it is, with nothing taken from an earlier one."""

    tools: tuple[str, ...]
    configured: Configured


@dataclass(frozen=True)
class Meanings:
    """The files of which only the bytes count, as long as they are there.

    Of those in `python`, what they import counts too. `locks` are among the others, and are Python
    locks that distributions come from. `named` are texts of options and fields, so that a file
    which is one of them may mean anything.
    """

    python: frozenset[str]
    opaque: frozenset[str]
    locks: frozenset[str]
    named: frozenset[str]

    def may_be_read(self, path: str) -> bool:
        """Whether a file may count that no target gives: by its name, or because one names it."""
        return bool(_NAMED.fullmatch(path) or _CODE.fullmatch(path) or path in self.named)


@dataclass(frozen=True)
class FreshDocument:
    """The document, and which files mean no more to it than their bytes."""

    document: Document
    meanings: Meanings


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


@rule(desc="Reading what all targets are made of", level=LogLevel.DEBUG)
async def fresh_document(
    request: FreshDocumentRequest,
    all_targets: AllUnexpandedTargets,
    members: UnionMembership,
    python: PythonSetup,
    pytest: PyTest,
    builder: BuilderSubsystem,
) -> FreshDocument:
    """The document of the tree as it is now, evaluated from nothing."""
    targets = tuple(all_targets)
    tests = [target for target in targets if _is_test(target, members)]
    needed = await _dependencies(targets)
    special = await _special(targets)
    gives = await given(targets, python, members)
    images = await _images(targets)
    configured = await config_files(tests, pytest)
    common = await given_to_tests(request.tools, request.configured, python, pytest)
    are_tests = {target.address.spec for target in tests}
    entries = {EVERY_TEST: Entry(EVERY_TEST, given=common)}
    for target, needs in zip(targets, needed):
        spec = target.address.spec
        fields = special.get(spec, _Special())
        is_test = spec in are_tests
        entry = Entry(
            spec,
            alias=target.alias,
            kind=IMAGE if spec in images else TEST if is_test else "",
            own=images.get(spec) or configured.get(spec, ()) or _content(target),
            given=gives.parts.get(spec, ()),
            needs=(*_specs(needs.addresses), *((EVERY_TEST,) if is_test else ())),
            takes=fields.takes,
            packages=fields.packages,
            excludes=fields.excludes,
            makes=gives.makes.get(spec, ""),
        )
        entries[spec] = _with_doubt(entry, needs.error or fields.error)
    meanings = _meanings(targets, python, builder.lockfile, request, common)
    resolves = {
        target.address.spec: target[PythonResolveField].normalized_value(python)
        for target in tests
        if target.has_field(PythonResolveField)
    }
    document = await given_whole_locks(Document(entries), resolves, python)
    return FreshDocument(with_container_tests(document), meanings)


# Targets whose sources are given as they are.
_PYTHON = frozenset({"python_source", "python_test", "lambda_container_test", "python_test_utils"})
_OPAQUE = frozenset({"file", "resource", "_lockfile"})
# Files that are read by their name, wherever they are.
_NAMED = re.compile(
    r"(.*/)?(BUILD(\..*)?|pants.*\.toml|\..*ignore|\.gitattributes|.*\.prelude|pytest\.ini|tox\.ini"
    r"|pyproject\.toml|setup\.(cfg|py)|\.coveragerc|.*Dockerfile.*|\.pants.*)"
)

_CODE = re.compile(r".*\.pyi?")


def _meanings(
    targets: Iterable[Target],
    python: PythonSetup,
    builder_lock: str,
    request: FreshDocumentRequest,
    common: Iterable[Part],
) -> Meanings:
    """A file that an option or a field names, or that anything else is made of, is in none."""
    aliases: dict[str, set[str]] = {}
    named = {builder_lock, *(part.of for part in common if part.kind == "tool")}
    named |= {part.name for part in common if part.kind in ("tool file", "coverage")}
    for target in targets:
        for field in target.field_values.values():
            if isinstance(field, OptionalSingleSourceField):
                if isinstance(field.value, str) and field.file_path:
                    aliases.setdefault(field.file_path, set()).add(target.alias)
            else:
                named |= set(_texts(field.value))
    for option in request.configured.options:
        if option.scope != "python.resolves" and (option.scope, option.name) != (
            "python",
            "resolves",
        ):
            named |= set(re.findall(r'[^"\\s,\[\]]+', option.value))
    locks = frozenset(python.resolves.values()) - named
    plain = {
        path: kinds
        for path, kinds in aliases.items()
        if path not in named and not _NAMED.fullmatch(path)
    }
    opaque = frozenset(path for path, kinds in plain.items() if kinds <= _OPAQUE)
    return Meanings(
        python=frozenset(
            p for p, kinds in plain.items() if kinds & _PYTHON and kinds <= _PYTHON | _OPAQUE
        ),
        opaque=opaque | locks,
        locks=locks,
        named=frozenset(named),
    )


def _texts(value: object) -> Iterator[str]:
    """All texts in a field's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for each in value:
            yield from _texts(each)


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


def with_container_tests(document: Document) -> Document:
    """The document in which the tests that need an image are told apart from the others."""
    reached: set[str] = set()
    waiting = [entry.spec for entry in document.of_kind(IMAGE)]
    while waiting:
        spec = waiting.pop()
        if spec not in reached:
            reached.add(spec)
            waiting.extend(document.dependents.get(spec, ()))
    entries = {
        spec: replace(entry, kind=CONTAINER_TEST)
        if entry.kind == TEST and spec in reached
        else entry
        for spec, entry in document.entries.items()
    }
    return Document(entries)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
