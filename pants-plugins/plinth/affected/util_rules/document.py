"""The document of the tree as it stands, asked of Pants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pants.backend.python.subsystems.pytest import PyTest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import AllUnexpandedTargets, OptionalSingleSourceField, Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.affected.options import Configured
from plinth.affected.util_rules.entries import Entries, EntriesRequest
from plinth.affected.util_rules.of_tests import EVERY_TEST, given_to_tests, given_whole_locks
from plinth.archive.util_rules.builder import BuilderSubsystem
from plinth.fingerprint.document import CONTAINER_TEST, IMAGE, TEST, Document, Entry
from plinth.fingerprint.part import Part


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
    """The document, which files mean no more to it than their bytes, and the targets by address."""

    document: Document
    meanings: Meanings
    targets: Mapping[str, Target]

    def __hash__(self) -> int:
        return id(self)


@rule(desc="Reading what all targets are made of", level=LogLevel.DEBUG)
async def fresh_document(
    request: FreshDocumentRequest,
    targets: AllUnexpandedTargets,
    python: PythonSetup,
    pytest: PyTest,
    builder: BuilderSubsystem,
) -> FreshDocument:
    """The document of the tree as it is now, evaluated from nothing."""
    found = await Get(Entries, EntriesRequest())
    common = await given_to_tests(request.tools, request.configured, python, pytest)
    entries = {EVERY_TEST: Entry(EVERY_TEST, given=common), **found.entries}
    document = await given_whole_locks(Document(entries), found.resolves, python)
    return FreshDocument(
        with_container_tests(document),
        meanings_of(targets, python, builder.lockfile, request, common),
        {target.address.spec: target for target in targets},
    )


# Targets whose sources are given as they are.
_PYTHON = frozenset({"python_source", "python_test", "lambda_container_test", "python_test_utils"})
_OPAQUE = frozenset({"file", "resource", "_lockfile"})
# Files that are read by their name, wherever they are.
_NAMED = re.compile(
    r"(.*/)?(BUILD(\..*)?|pants.*\.toml|\..*ignore|\.gitattributes|.*\.prelude|pytest\.ini|tox\.ini"
    r"|pyproject\.toml|setup\.(cfg|py)|\.coveragerc|.*Dockerfile.*|\.pants.*)"
)

_CODE = re.compile(r".*\.pyi?")


def meanings_of(
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


def with_container_tests(document: Document) -> Document:
    """The document in which the tests that need an image are told apart from the others."""
    reached = document.with_dependents(entry.spec for entry in document.of_kind(IMAGE))
    entries = {
        spec: replace(entry, kind=CONTAINER_TEST)
        if entry.kind == TEST and spec in reached
        else entry
        for spec, entry in document.entries.items()
    }
    return Document(entries)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
