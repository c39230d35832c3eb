"""What to do about an import that nothing in the repository or its lock provides."""

from __future__ import annotations

import difflib
import os.path
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Unowned:
    """An import of `module` at line `line` of the file `path`, which nothing provides.

    `known` are the modules that could be imported; `files` hold the module without a target of
    theirs; `resolves` have it, and are others than the file's.
    """

    path: str
    line: int
    module: str
    known: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    resolves: tuple[str, ...] = ()


def names(module: str) -> tuple[str, ...]:
    """What an import of this name may mean: a module, or a name in one."""
    parent, _, _ = module.rpartition(".")
    return (module, parent) if parent else (module,)


def complaint(unowned: Iterable[Unowned], resolve: str, lock: str) -> str:
    """What is wrong, where, and what to do, for the imports of one file; `lock` is its lock."""
    found = tuple(unowned)
    lines = []
    for each in found:
        lines.append(
            f"{each.path}:{each.line}: nothing provides `{each.module}`, so no image of this code "
            f"could import it. {advice(each, resolve, lock)}"
        )
    lines.append(
        "(`# pants: no-infer-dep` would only silence this: the image would lack the module all the "
        "same.)"
    )
    return "\n".join(lines)


def advice(unowned: Unowned, resolve: str, lock: str) -> str:
    """What to do about it."""
    close = [
        known
        for name in names(unowned.module)
        for known in difflib.get_close_matches(name, unowned.known, n=1, cutoff=0.8)
    ]
    hint = f"Did you mean `{close[0]}`? " if close else ""
    if unowned.files:
        path = unowned.files[0]
        build = os.path.join(os.path.dirname(path), "BUILD")
        return f"{path} holds it, and no target owns that file: add `python_sources()` to {build}."
    if unowned.resolves:
        others = ", ".join(f"`{name}`" for name in unowned.resolves)
        return (
            f"{hint}It is in the resolve {others}, and this file is of `{resolve}`: let the file's "
            f"target have that resolve, or {_add(unowned, lock)}"
        )
    return f"{hint}If it comes from a package, {_add(unowned, lock)}"


def _add(unowned: Unowned, lock: str) -> str:
    stem, _ = os.path.splitext(lock)
    build = os.path.join(os.path.dirname(lock), "BUILD")
    return (
        f"add the package to {stem}.in and run `make lock`; where its name is not the module's, "
        f"`module_mapping` in {build} names `{unowned.module.partition('.')[0]}` too."
    )
