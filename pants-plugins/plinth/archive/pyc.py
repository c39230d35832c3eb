"""Compile a file tree's Python sources to the same bytes on every run: `python pyc.py ROOT
PREFIX…`.

ROOT stands for the image's `/`; every `.py` below each PREFIX in it is compiled to
`__pycache__/x.cpython-311.pyc` beside it, for the interpreter that runs this file. The `.pyc` are
*unchecked*: Lambda's file system is read-only and its times mean nothing, so the interpreter is to
load them without looking at the source. Tracebacks name the file by its path in the image.

A file that does not compile (packages ship templates and old test data) is left alone and named on
standard output, one a line. Only the interpreter's own minimal library is used here, and nothing of
plinth: the file runs under the Python of a bare Debian root.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
import types
import warnings
from collections.abc import Iterable, Iterator

UNCHECKED_HASH = (0b01).to_bytes(4, "little")  # PEP 552: hash-based, source not checked
_MOST_LINKS = 40  # as many as Linux follows


def compile_tree(root: str, prefixes: Iterable[str]) -> list[str]:
    """Compile what stands below `prefixes` in `root`; the files left out, as ``path: reason``,
    sorted.
    """
    # Whether a one-character constant is marked as interned depends on what the process interned
    # before.
    for code_point in range(256):
        sys.intern(chr(code_point))
    left_out = []
    for path in sorted({path for prefix in prefixes for path in _sources(root, prefix)}):
        source_file = _inside(root, path)
        if source_file is None:
            left_out.append(f"{path}: a link that leads nowhere inside the image")
            continue
        with open(source_file, "rb") as source:
            text = source.read()
        try:
            data = pyc(text, "/" + path)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            left_out.append(f"{path}: {type(error).__name__}: {' '.join(str(error).split())}")
            continue
        target = importlib.util.cache_from_source(os.path.join(root, path), optimization="")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as out:
            out.write(data)
    return left_out


def pyc(source: bytes, image_path: str) -> bytes:
    """The bytes of an unchecked-hash `.pyc` for `source`, which stands at `image_path` in the
    image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about escapes and comparisons in other people's packages
        code = compile(source, image_path, "exec", dont_inherit=True, optimize=0)
    # marshal flags an object as shareable only when something else refers to it as well, so the
    # bytes would tell what else the process holds. With a reference of our own to every object, all
    # are flagged.
    held = list(_objects(code))
    data = (
        importlib.util.MAGIC_NUMBER
        + UNCHECKED_HASH
        + importlib.util.source_hash(source)
        + marshal.dumps(code)
    )
    del held
    return data


def _objects(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, types.CodeType):
        for name in _WRITTEN:
            yield from _objects(getattr(value, name, None))
    elif isinstance(value, (tuple, frozenset)):
        for part in value:
            yield from _objects(part)


# The fields of a code object that marshal writes and that hold objects of their own.
_WRITTEN = (
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
)


def _sources(root: str, prefix: str) -> Iterator[str]:
    for folder, folders, files in os.walk(os.path.join(root, prefix)):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in files:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(folder, name), root)


def _inside(root: str, path: str) -> str | None:
    """The file that `path` of the image means, links followed as inside the image; None when there
    is none.
    """
    for _ in range(_MOST_LINKS):
        found = os.path.join(root, path)
        if not os.path.islink(found):
            return found if os.path.isfile(found) else None
        path = os.path.normpath(
            os.path.join("/", os.path.dirname(path), os.readlink(found))
        ).lstrip("/")
    return None


def main(argv: list[str]) -> int:
    if len(argv) < 2:
        print("usage: pyc.py ROOT PREFIX…", file=sys.stderr)
        return 2
    for line in compile_tree(argv[0], argv[1:]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
