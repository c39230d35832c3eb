"""Plinth's own modules as files, and what each of them imports of Plinth."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache


def source_of(module: str) -> bytes:
    """The module's source file. Raises `ModuleNotFoundError` for a package, and without one."""
    package, _, name = module.rpartition(".")
    try:
        source = pkgutil.get_data(package, f"{name}.py") if package else None
    except OSError:
        source = None
    if source is None:
        raise ModuleNotFoundError(module)
    return source


def imported(module: str) -> tuple[str, ...]:
    """The modules of Plinth that a module imports, wherever in it."""
    names, _ = _names(source_of(module))
    return tuple(found for each in names for found in _modules(*each))


def imported_or_run(module: str) -> tuple[str, ...]:
    """What it imports, and the modules that it names as text to run them in a sandbox."""
    _, texts = _names(source_of(module))
    return (*imported(module), *filter(_exists, texts))


def closure(
    modules: Iterable[str],
    leaves_out: Callable[[str], bool] = lambda module: False,
    follow: Callable[[str], Iterable[str]] = imported,
) -> tuple[str, ...]:
    """The modules and all that they lead to, sorted. What is left out is not followed either.

    Raises `ModuleNotFoundError` when one of `modules` does not exist.
    """
    reached: set[str] = set()
    waiting = [*modules]
    while waiting:
        module = waiting.pop()
        if module not in reached and not leaves_out(module):
            reached.add(module)
            waiting += follow(module)
    return tuple(sorted(reached))


def _exists(module: str) -> bool:
    try:
        source_of(module)
    except ModuleNotFoundError:
        return False
    return True


def _modules(package: str, name: str) -> Iterable[str]:
    """The module that `from package import name` reads: one of a package, or itself."""
    return filter(_exists, [package] if _exists(package) or not name else [f"{package}.{name}"])


# By their source: a process is made for each layer, and files do not change in between.
@cache
def _names(source: bytes) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """What a source imports of Plinth, and its texts that could be names of modules of Plinth."""
    imports: list[tuple[str, str]] = []
    texts: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imports += ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            imports += ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return (
        tuple((name, alias) for name, alias in imports if name.split(".")[0] == "plinth"),
        tuple(text for text in texts if text.startswith("plinth.") and " " not in text),
    )
