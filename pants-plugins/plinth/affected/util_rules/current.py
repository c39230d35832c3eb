"""The document of the tree as it stands: brought up to date, or made afresh.

The daemon remembers the document of the last run, with the state of every file that Pants sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

from plinth.affected.git import Git
from plinth.affected.update import CannotUpdate, FileEdit, LockEdit, Shape, Update
from plinth.affected.util_rules.document import FreshDocument, FreshDocumentRequest, Meanings
from plinth.affected.util_rules.given import state
from plinth.affected.util_rules.session import Started
from plinth.fingerprint.document import Document

Files = Mapping[str, FileEntry]

# What shells and Pants' own client set anew for every command.
_PASSING = re.compile(r"_|OLDPWD|PWD|SHLVL|PLINTH_TERMINAL|PANTSD_\w+|__PANTS\w+|NAILGUN_\w+")
# As many shells with environments of their own as are likely to take turns.
_MOST = 4
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
    if known:
        try:
            document = await _updated(known, files)
        except CannotUpdate:
            pass
        else:
            _remember(Known(key, files, document, known.shape, known.meanings))
            return Current(document, known.shape, _read(document, files, known.meanings))
    fresh = await Get(FreshDocument, FreshDocumentRequest, request)
    shape = Shape(fresh.document)
    _remember(Known(key, files, fresh.document, shape, fresh.meanings))
    return Current(fresh.document, shape, _read(fresh.document, files, fresh.meanings))


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


async def _updated(known: Known, files: Files) -> Document:
    """Raises `CannotUpdate`."""
    before = known.files
    if before.keys() != files.keys():
        raise CannotUpdate("files are new or gone")
    paths = sorted(path for path, entry in files.items() if before[path] != entry)
    if len(paths) > _MANY:
        raise CannotUpdate("many files differ")
    meanings = known.meanings
    for path in paths:
        if path not in meanings.python and path not in meanings.opaque:
            raise CannotUpdate(f"{path} may mean more than its bytes")
    edited = [path for path in paths if before[path].file_digest != files[path].file_digest]
    await _refuse_other_imports([p for p in edited if p in meanings.python], before, files)
    update = Update(known.document, known.shape)
    for path in paths:
        update.file(FileEdit(path, state(before[path]), state(files[path])))
    locks = [path for path in edited if path in meanings.locks]
    for found in await _contents(locks, files):
        update.lock(LockEdit(found.path, found.content.decode(errors="replace")))
    return update.done()


async def _contents(paths: Iterable[str], files: Files) -> tuple[FileContent, ...]:
    entries = [files[path] for path in paths]
    if not entries:
        return ()
    return tuple(await Get(DigestContents, Digest, await Get(Digest, CreateDigest(entries))))


async def _refuse_other_imports(paths: list[str], before: Files, files: Files) -> None:
    """Raises `CannotUpdate` where inference would make other dependencies than before."""
    if not paths:
        return
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
    for path, old, new in zip(paths, meant[::2], meant[1::2]):
        if old != new:
            raise CannotUpdate(f"{path} imports otherwise")
    inits = [path for path in paths if path.endswith(("/__init__.py", "/__init__.pyi"))]
    for path in (*inits, *(p for p in paths if p in ("__init__.py", "__init__.pyi"))):
        old_text, new_text = (
            (await _contents([path], before))[0],
            (await _contents([path], files))[0],
        )
        if bool(old_text.content.strip()) != bool(new_text.content.strip()):
            raise CannotUpdate(f"{path} went from content to none, or back")


def _meaning(parsed: NativeParsedPythonDependencies, with_strings: bool) -> tuple[object, ...]:
    """What inference makes dependencies of. On which line it stands is for error messages."""
    imports = sorted((module, weak) for module, (_, weak) in parsed.imports.items())
    return (*imports, *(sorted(parsed.string_candidates) if with_strings else ()))
