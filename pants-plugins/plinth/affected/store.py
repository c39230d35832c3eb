"""The documents that this machine keeps, by the tree that each is of."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from plinth.fingerprint.document import Document
from plinth.fingerprint.wire import FORMAT, NotADocument, dump, load

_MOST = 200
"""So many are kept, those that were used last: a few weeks of branches."""


@dataclass(frozen=True)
class Store:
    """A folder of documents. Whatever is wrong with one, it is as if it were not there."""

    folder: Path

    def get(self, tree: str, stamp: str) -> Document | None:
        """The document of a tree, made with the options and tools that `stamp` stands for."""
        path = self._path(tree, stamp)
        try:
            document = load(path.read_bytes())
        except OSError:
            return None
        except NotADocument:
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return document

    def put(self, tree: str, stamp: str, document: Document) -> None:
        """Keep a document. All of it or nothing is written; a full disk costs only the keeping."""
        path = self._path(tree, stamp)
        if path.exists():
            return
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(dump(document))
                os.replace(name, path)
            except OSError:
                os.unlink(name)
            self._forget()

    def _forget(self) -> None:
        kept = sorted(self.folder.glob("*.document"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_MOST]:
            path.unlink()

    def _path(self, tree: str, stamp: str) -> Path:
        return self.folder / f"{key(tree, stamp)}.document"


def key(tree: str, stamp: str) -> str:
    """A name for the document of a tree that is made with these options."""
    return hashlib.sha256(f"{FORMAT}\0{tree}\0{stamp}".encode()).hexdigest()[:40]
