"""The document of the tree as it stands: brought up to date, or made afresh.

The daemon remembers the document of the last run, with the state of every file that Pants sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pants.backend.python.dependency_inference.subsystem import PythonInferSubsystem
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    FileContent,
    FileEntry,
    PathGlobs,
)
from pants.engine.internals.native_dep_inference import NativeParsedPythonDependencies
from pants.engine.rules import Get, MultiGet
from pants.engine.target import Target

from plinth.affected.git import Git
from plinth.affected.update import CannotUpdate, FileEdit, LockEdit, Shape, Update
from plinth.affected.util_rules.again import asked_again
from plinth.affected.util_rules.document import FreshDocument, FreshDocumentRequest, Meanings
from plinth.affected.util_rules.given import state
from plinth.affected.util_rules.session import Started
from plinth.fingerprint.document import Document

Files = Mapping[str, FileEntry]

# What shells and Pants' own client set anew for every command.
_PASSING = re.compile(r"_|OLDPWD|PWD|SHLVL|PLINTH_TERMINAL|PANTSD_\w+|__PANTS\w+|NAILGUN_\w+")
# As many shells with environments of their own as are likely to take turns.
_MOST = 4
_BUILD = re.compile(r"(.*/)?BUILD(\..*)?")
# After a change of branch a fresh document is no slower.
_MANY = 200


@dataclass(frozen=True)
class Known:
    """A document, what it was made with, and the state of the tree that it is of."""

    key: tuple[object, ...]
    files: Files
    document: Document
    shape: Shape
    meanings: Meanings
    targets: Mapping[str, Target]

    @staticmethod
    def of(key: tuple[object, ...], files: Files, found: FreshDocument) -> Known:
        shape = Shape(found.document)
        return Known(key, files, found.document, shape, found.meanings, found.targets)


_memory: list[Known] = []


@dataclass(frozen=True)
class Current:
    """A document, its shape, and the files that it was read from, each with its execute bit."""

    document: Document
    shape: Shape
    read: Mapping[str, bool]


async def current(request: FreshDocumentRequest, started: Started) -> Current:
    """The document of what Pants sees now."""
    key = _key(request, started)
    listed = await Get(DigestEntries, PathGlobs(["**"]))
    files = {entry.path: entry for entry in listed if isinstance(entry, FileEntry)}
    git = Git(Path(started.root))
    # There, what images hold of a file depends on git's index, too.
    by_index = git.config("core.fileMode") == "false" or git.config("core.autocrlf") == "true"
    known = next((each for each in _memory if each.key == key and not by_index), None)
    now: Known | None = None
    if known:
        with suppress(CannotUpdate):
            now = await _updated(known, files, request)
    if now is None:
        fresh = await Get(FreshDocument, FreshDocumentRequest, request)
        now = Known.of(key, files, fresh)
    _remember(now)
    return Current(now.document, now.shape, _read(now.document, files, now.meanings))


def _read(document: Document, files: Files, meanings: Meanings) -> Mapping[str, bool]:
    given = {
        part.name: part.value.startswith("0755")
        for entry in document.entries.values()
        for part in entry.given
        if part.kind == "file" and not part.of
    }
    named = {
        path: entry.is_executable for path, entry in files.items() if meanings.may_be_read(path)
    }
    return {**named, **given}


def _key(request: FreshDocumentRequest, started: Started) -> tuple[object, ...]:
    """All that a document may depend on besides files: BUILD files may read the environment."""
    env = {name: value for name, value in started.env.items() if not _PASSING.fullmatch(name)}
    return request, tuple(sorted(env.items())), started.arguments


def _remember(known: Known) -> None:
    others = [each for each in _memory if each.key != known.key]
    _memory[:] = [known, *others][:_MOST]


async def _updated(known: Known, files: Files, request: FreshDocumentRequest) -> Known:
    """Raises `CannotUpdate`."""
    before, meanings = known.files, known.meanings
    if before.keys() != files.keys():
        raise CannotUpdate("files are new or gone")
    paths = sorted(path for path, entry in files.items() if before[path] != entry)
    if len(paths) > _MANY:
        raise CannotUpdate("many files differ")
    declaring = [path for path in paths if _BUILD.fullmatch(path)]
    for path in paths:
        if path not in meanings.python and path not in meanings.opaque and path not in declaring:
            raise CannotUpdate(f"{path} may mean more than its bytes")
    edited = [path for path in paths if before[path].file_digest != files[path].file_digest]
    python = [path for path in edited if path in meanings.python]
    await _refuse_other_inits(python, before, files)
    if declaring or await _import_otherwise(python, before, files):
        if meanings.locks.intersection(paths):
            raise CannotUpdate("a lock differs, too")
        known.shape.refuse_elsewhere(_edit(path, known, files) for path in paths)
        found = await asked_again(request, known.document, known.shape, known.targets, paths)
        return Known.of(known.key, files, found)
    update = Update(known.document, known.shape)
    for path in paths:
        update.file(_edit(path, known, files))
    locks = [path for path in edited if path in meanings.locks]
    for text in await _contents(locks, files):
        update.lock(LockEdit(text.path, text.content.decode(errors="replace")))
    return replace(known, files=files, document=update.done())


def _edit(path: str, known: Known, files: Files) -> FileEdit:
    return FileEdit(path, state(known.files[path]), state(files[path]))


async def _contents(paths: Iterable[str], files: Files) -> tuple[FileContent, ...]:
    entries = [files[path] for path in paths]
    if not entries:
        return ()
    return tuple(await Get(DigestContents, Digest, await Get(Digest, CreateDigest(entries))))


async def _import_otherwise(paths: list[str], before: Files, files: Files) -> bool:
    """Whether inference may make other dependencies than before of any of these."""
    if not paths:
        return False
    infer = await Get(PythonInferSubsystem)
    entries = [
        FileEntry("module.py", side[path].file_digest) for path in paths for side in (before, files)
    ]
    digests = await MultiGet(Get(Digest, CreateDigest([entry])) for entry in entries)
    parsed = await MultiGet(
        Get(NativeParsedPythonDependencies, Digest, digest) for digest in digests
    )
    with_strings = bool(infer.string_imports or infer.assets)
    meant = [_meaning(each, with_strings) for each in parsed]
    return meant[::2] != meant[1::2]


async def _refuse_other_inits(paths: list[str], before: Files, files: Files) -> None:
    """Raises `CannotUpdate` for a package's file that goes from content to none, or back."""
    for path in paths:
        if path.rpartition("/")[2] in ("__init__.py", "__init__.pyi"):
            old, new = await _contents([path], before), await _contents([path], files)
            if bool(old[0].content.strip()) != bool(new[0].content.strip()):
                raise CannotUpdate(f"{path} went from content to none, or back")


def _meaning(parsed: NativeParsedPythonDependencies, with_strings: bool) -> tuple[object, ...]:
    """What inference makes dependencies of. On which line it stands is for error messages."""
    imports = sorted((module, weak) for module, (_, weak) in parsed.imports.items())
    return (*imports, *(sorted(parsed.string_candidates) if with_strings else ()))
