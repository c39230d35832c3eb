"""The document of the commit to compare with: kept here, or made once in a scratch folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from threading import Thread

from pants.core.util_rules.environments import EnvironmentName
from pants.engine.console import Console
from pants.engine.process import InteractiveProcess, InteractiveProcessResult
from pants.engine.rules import Effect

from plinth.affected.errors import NotKnown
from plinth.affected.git import Git, GitFailed
from plinth.affected.store import Store
from plinth.affected.trees import Trees
from plinth.affected.util_rules.session import Started
from plinth.fingerprint.document import Document
from plinth.fingerprint.wire import NotADocument, load


async def document_of_commit(
    commit: str, started: Started, store: Store, console: Console, keeping: Thread
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
        found = await _made(commit, trees, started, console)
        store.put(tree, started.stamp, found)
    return found


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
