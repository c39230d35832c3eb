"""The document of the commit to compare with: kept here or in the registry, or made once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

from pants.core.util_rules.environments import EnvironmentName
from pants.engine.console import Console
from pants.engine.process import InteractiveProcess, InteractiveProcessResult
from pants.engine.rules import Effect

from plinth.affected.errors import NotKnown
from plinth.affected.git import Git, GitFailed
from plinth.affected.remote import Remote
from plinth.affected.store import Store
from plinth.affected.trees import Trees
from plinth.affected.util_rules.session import Started
from plinth.fingerprint.document import Document
from plinth.fingerprint.wire import NotADocument, load
from plinth.oci.errors import OciError


async def document_of_commit(
    commit: str,
    started: Started,
    store: Store,
    remotes: Iterable[Remote],
    console: Console,
    keeping: Thread,
) -> Document:
    """The document of the commit's tree. Raises `NotKnown` where none can be had.

    `keeping` may be about to keep it.
    """
    trees = Trees(Git(Path(started.root)))
    try:
        tree = trees.of_commit(commit)
    except GitFailed as error:
        raise NotKnown(f"git cannot read the commit {commit}: {error}") from None
    found = store.get(tree, started.stamp)
    if found is None:
        keeping.join()
        found = store.get(tree, started.stamp)
    if found is None:
        found = _from_registry(tree, started.stamp, remotes, console)
        if found is not None:
            store.put(tree, started.stamp, found)
    if found is None:
        found = await _made(commit, trees, started, console)
        store.put(tree, started.stamp, found)
    return found


def _from_registry(
    tree: str, stamp: str, remotes: Iterable[Remote], console: Console
) -> Document | None:
    """Whatever is wrong with a registry, it is as if it had none; what it was is printed."""
    for remote in remotes:
        try:
            found = remote.get(tree, stamp)
        except OciError as error:
            console.print_stderr(f"affected: no document from {remote.repository}: {error}")
        else:
            if found is not None:
                return found
    return None


async def _made(commit: str, trees: Trees, started: Started, console: Console) -> Document:
    """The tree is evaluated in a scratch folder, by the plugins that it has itself."""
    console.print_stderr(
        f"affected: no document of {commit[:12]} is kept. Its tree is read once in a scratch "
        "folder, which takes as long as Pants' first look at a clone, and the document is kept."
    )
    with tempfile.TemporaryDirectory(prefix="plinth-base-") as folder:
        try:
            root = trees.write(commit, Path(folder) / "tree")
        except GitFailed as error:
            raise NotKnown(f"git cannot write the files of {commit}: {error}") from None
        path = Path(folder) / "document"
        process = InteractiveProcess(
            (
                str(root / "pants"),
                "--no-pantsd",
                *started.arguments,
                f"--affected-document={path}",
                "affected",
            ),
            # The launcher starts Pants where it is itself, when it is called from elsewhere.
            env=started.env,
            run_in_workspace=True,
        )
        result = await Effect(
            InteractiveProcessResult,
            {process: InteractiveProcess, started.environment: EnvironmentName},
        )
        try:
            return load(path.read_bytes())
        except OSError:
            raise NotKnown(
                f"{commit[:12]} has no document: its own Pants ended with {result.exit_code} when "
                "it was asked for one in a scratch folder, as above"
            ) from None
        except NotADocument as error:
            raise NotKnown(
                f"{commit[:12]} has no document that this version reads: {error}"
            ) from None
