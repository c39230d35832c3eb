"""From the documents of two states of the tree to the answer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from pants.engine.console import Console
from pants.engine.rules import Get

from plinth.affected.compare import Comparison, differences
from plinth.affected.errors import AffectedError, NotKnown
from plinth.affected.git import Difference, Git, GitFailed
from plinth.affected.kinds.words import About
from plinth.affected.model import Answer, Chain, Change
from plinth.affected.order import everything, needed_images, ordered, unaffected
from plinth.affected.reasons import Reasons
from plinth.affected.remote import Remote
from plinth.affected.store import Store
from plinth.affected.trees import Trees
from plinth.affected.update import CannotUpdate, Shape, with_modes
from plinth.affected.util_rules.base import document_of_commit
from plinth.affected.util_rules.current import Current, current
from plinth.affected.util_rules.document import FreshDocument, FreshDocumentRequest
from plinth.affected.util_rules.given import reason
from plinth.affected.util_rules.session import Started
from plinth.fingerprint.document import Document
from plinth.oci.errors import OciError
from plinth.oci.format.reference import Repository


@dataclass(frozen=True)
class Asking:
    """Who asks, and what for. `tools` and `documents` are `[affected]`'s.

    `repositories` are those of documents, as `host[:port]/path`.
    """

    started: Started
    tools: tuple[str, ...]
    documents: str
    repositories: tuple[str, ...]
    console: Console
    pantsd: bool


async def current_state(asking: Asking) -> Current:
    """The document of the tree as it stands, with the modes that files have."""
    request = FreshDocumentRequest(asking.tools, asking.started.configured)
    found = await current(request, asking.started)
    return replace(found, document=_with_modes(asking, found.document, found.shape))


async def wrongly_updated(asking: Asking) -> tuple[str, ...]:
    """The targets of which the document that was brought up to date is not what a fresh one is."""
    updated = (await current_state(asking)).document
    request = FreshDocumentRequest(asking.tools, asking.started.configured)
    fresh = (await Get(FreshDocument, FreshDocumentRequest, request)).document
    return differences(updated, _with_modes(asking, fresh, Shape(fresh)))


def _with_modes(asking: Asking, document: Document, shape: Shape) -> Document:
    try:
        return with_modes(document, shape, asking.started.root)
    except CannotUpdate as error:
        raise AffectedError(
            f"Pants has not heard of a mode that changed: {error}. Save the file again."
        ) from None


def keep(asking: Asking, found: Current, since: float) -> None:
    """Keep the document by the tree that a commit of this state will have.

    Not where git would commit something else than what Pants read, nor where a file may have been
    written since `since`, when Pants read it.
    """
    trees = Trees(Git(Path(asking.started.root)))
    try:
        if not trees.unfaithful(found.read):
            tree = trees.of_state()
            if not trees.written_since(since, found.read):
                store_of(asking).put(tree, asking.started.stamp, found.document)
    except GitFailed:
        # No repository, or none of which a commit could be made, such as in a merge.
        return


def store_of(asking: Asking) -> Store:
    started = asking.started
    if asking.documents:
        return Store(Path(started.root) / Path(asking.documents).expanduser())
    cache = started.env.get("XDG_CACHE_HOME") or os.path.join(
        started.env.get("HOME", "~"), ".cache"
    )
    return Store(Path(cache).expanduser() / "plinth/documents")


def remotes(asking: Asking) -> tuple[Remote, ...]:
    """The repositories of documents. Raises `AffectedError` for a name that is none."""
    try:
        return tuple(Remote(Repository.parse(each)) for each in asking.repositories)
    except OciError as error:
        raise AffectedError(f"[affected].repository: {error}") from None


async def share(asking: Asking) -> str:
    """Put the document of HEAD's tree into the registries; what was done, a line for each.

    Raises `AffectedError` where Pants reads anything else than what HEAD's tree holds.
    """
    trees = Trees(Git(Path(asking.started.root)))
    found = await current_state(asking)
    try:
        tree = trees.of_commit("HEAD")
        unfaithful = trees.unfaithful(found.read)
        if trees.of_state() != tree:
            unfaithful = "there are files that are not committed"
    except GitFailed as error:
        raise AffectedError(f"git cannot read the tree of HEAD: {error}") from None
    if unfaithful:
        raise AffectedError(f"this is not the tree of HEAD, so no document is shared: {unfaithful}")
    try:
        return "\n".join(
            each.put(tree, asking.started.stamp, found.document) for each in remotes(asking)
        )
    except OciError as error:
        raise AffectedError(f"the document was not put into the registry: {error}") from None


async def detect(since: str, asking: Asking) -> Answer:
    """What is affected by all that differs from `since`. Raises `AffectedError`."""
    started = asking.started
    git = Git(Path(started.root))
    base = ""
    try:
        base = git.base(since)
        difference = git.difference(base)
    except NotKnown as error:
        found = await current_state(asking)
        return _everything(since, base, found.document, str(error))
    since_read = time.time()
    try:
        found = await current_state(asking)
    except AffectedError:
        raise
    except Exception as error:
        raise AffectedError(_not_loaded(error, difference)) from None
    # The answer does not wait for it; the daemon lives on.
    keeping = Thread(target=keep, args=(asking, found, since_read))
    keeping.start()
    document = found.document
    try:
        before = await document_of_commit(
            base, started, store_of(asking), remotes(asking), asking.console, keeping
        )
    except NotKnown as error:
        return _everything(since, base, document, str(error))
    answer = _answer(since, difference, Comparison(before, document))
    if not asking.pantsd:
        keeping.join()
    return answer


def _not_loaded(error: Exception, difference: Difference) -> str:
    declaring = [
        file.path
        for file in difference.files
        if file.path.rpartition("/")[2].startswith("BUILD") or file.path.endswith(".prelude")
    ]
    edited = f" What differs: {', '.join(declaring)}." if declaring else ""
    return f"Pants cannot load the repository as it stands: {reason(error)}{edited}"


def _everything(since: str, base: str, document: Document, reason: str) -> Answer:
    targets = everything(document)
    return Answer(
        since=since,
        base=base,
        changes=(),
        everything=(reason,),
        targets=targets,
        edges=_edges(document, [each.target for each in targets]),
        unaffected=unaffected(document, targets),
    )


def _answer(since: str, difference: Difference, comparison: Comparison) -> Answer:
    document = comparison.after
    about = About({file.path: file for file in difference.files})
    reasons = Reasons(comparison, about)
    chains = {spec: reasons.chains(spec) for spec in comparison.affected}
    targets = ordered(document, chains)
    return Answer(
        since=since,
        base=difference.base,
        changes=_changes(chains, about),
        everything=(),
        targets=targets,
        edges=_edges(document, chains),
        unaffected=unaffected(document, targets),
    )


def _changes(chains: Mapping[str, tuple[Chain, ...]], about: About) -> tuple[Change, ...]:
    """The reasons' changes, and the files that differ and are no reason for anything."""
    found = {chain.change for listed in chains.values() for chain in listed}
    said = {change.path for change in found}
    rest = {Change(file.path, file.what) for file in about.files.values() if file.path not in said}
    return tuple(sorted(found | rest))


def _edges(document: Document, specs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    needed = needed_images(document, specs)
    return tuple((image, spec) for spec in needed for image in needed[spec])
