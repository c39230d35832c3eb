"""What all tests are run with: options, Pants' own tools, pytest, the files that configure it."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pants.backend.python.goals.coverage_py import CoverageConfig
from pants.backend.python.subsystems.pytest import PyTest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonTestSourceField
from pants.core.util_rules.config_files import ConfigFiles, ConfigFilesRequest
from pants.engine.fs import Digest, DigestContents, DigestEntries, FileEntry, PathGlobs
from pants.engine.rules import Get
from pants.engine.target import Target

from plinth.affected.errors import NotKnown
from plinth.affected.locks import identity, read_python_lock
from plinth.affected.options import Configured, reaches_tests
from plinth.affected.util_rules.given import locked, sha256, state
from plinth.fingerprint.document import UNKNOWN, Document, Entry
from plinth.fingerprint.part import Part
from plinth.lockfile.compare import Requires

EVERY_TEST = "[test]"
"""The address of an entry that stands for all of it; no target's address begins so."""


async def given_to_tests(
    tools: tuple[str, ...], configured: Configured, python: PythonSetup, pytest: PyTest
) -> tuple[Part, ...]:
    """What every test is given besides what its closure gives."""
    coverage = await Get(CoverageConfig)
    return (
        *(
            Part("option", each.path, f"[{each.scope}] {each.name}", each.value)
            for each in configured.options
            if reaches_tests(each.scope, each.name)
        ),
        *await _tools(tools),
        *await _pytest(python.resolves.get(pytest.install_from_resolve or "", "")),
        Part("coverage", "", coverage.path, coverage.digest.fingerprint),
    )


async def _tools(globs: tuple[str, ...]) -> list[Part]:
    """The files that `[affected].tools` names; a lock among them as its distributions."""
    files = await Get(DigestContents, PathGlobs(globs)) if globs else ()
    return [
        part for file in files for part in _tool(file.path, file.content.decode(errors="replace"))
    ]


def _tool(path: str, text: str) -> Iterator[Part]:
    if path.endswith(".txt"):
        try:
            lock = Requires(read_python_lock(text, path))
        except NotKnown as error:
            yield Part(UNKNOWN, "", path, str(error))
        else:
            yield from _distributions("tool", path, lock)
    else:
        yield Part("tool file", "", path, sha256(text))


async def _pytest(path: str) -> list[Part]:
    if not path:
        return []
    lock = await locked(path)
    if lock.requires is None:
        return [Part(UNKNOWN, "", path, lock.problem)]
    return list(_distributions("distribution", path, lock.requires))


def _distributions(kind: str, path: str, lock: Requires) -> Iterator[Part]:
    for name, identities in sorted(lock.installed.items()):
        yield Part(kind, path, name, identity(identities))


async def given_whole_locks(
    document: Document, resolves: Mapping[str, str], python: PythonSetup
) -> Document:
    """The document in which tests that need no requirement are given all that is locked.

    Asked for nothing, Pex takes all of the lock. `resolves` are those of tests, by address.
    """
    bare = {
        spec: python.resolves.get(resolve, "")
        for spec, resolve in resolves.items()
        if not any(part.kind == "requirement" for part in document.given_to(spec))
    }
    changed = {}
    for path in sorted(set(bare.values()) - {""}):
        lock = await locked(path)
        parts = (
            (Part(UNKNOWN, "", path, lock.problem),)
            if lock.requires is None
            else tuple(_distributions("distribution", path, lock.requires))
        )
        changed[f"[{path}]"] = Entry(f"[{path}]", given=parts)
    for spec, path in bare.items():
        if path:
            entry = document.entries[spec]
            changed[spec] = replace(entry, needs=(*entry.needs, f"[{path}]"))
    return Document({**document.entries, **changed})


async def config_files(tests: Iterable[Target], pytest: PyTest) -> Mapping[str, tuple[Part, ...]]:
    """By address: the files that configure pytest for each test, as Pants finds them."""
    sources = {
        target.address.spec: target[PythonTestSourceField].file_path
        for target in tests
        if target.has_field(PythonTestSourceField)
    }
    folders = {folder for path in sources.values() for folder in _above(path)}
    found = await Get(ConfigFiles, ConfigFilesRequest, pytest.config_request(sorted(folders)))
    entries = await Get(DigestEntries, Digest, found.snapshot.digest)
    files = {each.path: state(each) for each in entries if isinstance(each, FileEntry)}
    return {
        spec: tuple(
            Part("configuration", "", file, value)
            for file, value in files.items()
            if pytest.config or os.path.dirname(file) in _above(path)
        )
        for spec, path in sources.items()
    }


def _above(path: str) -> list[str]:
    """The folders that a file is in, from its own to the build root."""
    folders = []
    while path:
        path = os.path.dirname(path)
        folders.append(path)
    return folders
