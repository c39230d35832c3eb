"""Which bytes of Plinth this process runs: a record of each file that Python has read for it.

Pants' daemon outlives a checkout, and hears of it later than its next command comes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

# By path, the SHA-256 of all that was read there: more than one where the file changed meanwhile.
_read: dict[str, set[str]] = {}


class RecordingLoader(SourceFileLoader):
    """Runs the bytes that it records, of modules and of what `pkgutil.get_data` takes.

    It reads no `.pyc`: one counts as current by the second and the size of its source alone.
    """

    def get_data(self, path: str) -> bytes:
        data = super().get_data(path)
        _read.setdefault(path, set()).add(hashlib.sha256(data).hexdigest())
        return data

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class RecordingFinder(MetaPathFinder):
    """Finds Plinth's modules where Python would, and gives them the loader that records."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "plinth":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec:
            _give_loader(spec)
        return spec


def _give_loader(spec: ModuleSpec) -> None:
    if isinstance(spec.loader, SourceFileLoader):
        spec.loader = RecordingLoader(spec.loader.name, spec.loader.path)


def keep_record() -> None:
    """From now on, and of the modules that are there already."""
    if any(isinstance(each, RecordingFinder) for each in sys.meta_path):
        return
    # Tests' finders, which rewrite assertions, stay first.
    own = next((i for i, each in enumerate(sys.meta_path) if each is PathFinder), 0)
    sys.meta_path.insert(own, RecordingFinder())
    for name, module in tuple(sys.modules.items()):
        spec = module.__spec__ if name.partition(".")[0] == "plinth" else None
        if spec:
            _give_loader(spec)
            if isinstance(spec.loader, RecordingLoader):
                spec.loader.get_data(spec.loader.path)


def recorded() -> frozenset[str]:
    """The paths of all files that were read."""
    return frozenset(_read)


def differing() -> tuple[str, ...]:
    """The paths of those that hold other bytes now, or none."""
    return tuple(path for path, read in sorted(_read.items()) if read != {_sha256(path)})


def _sha256(path: str) -> str | None:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None
