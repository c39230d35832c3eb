"""The function that Lambda calls: how it is named, and whether a module has it.

The module is read and not imported, so that nothing of it runs. What cannot be known that way (a
star import, a module's `__getattr__`) passes; the container test imports it.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_FORM = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_ANYTHING = {"globals", "vars", "setattr", "exec"}


@dataclass(frozen=True)
class Handler:
    """A module and the name of a function in it."""

    module: str
    name: str

    @property
    def paths(self) -> tuple[str, str]:
        """The files that the module may be, below a source root."""
        path = self.module.replace(".", "/")
        return f"{path}.py", f"{path}/__init__.py"


def parse_handler(text: str) -> Handler:
    """The handler of `module:function`. Raises `ValueError`, with the form that was meant."""
    if not _FORM.fullmatch(text):
        meant = re.sub(r"[/.:]+", ".", text.replace(".py", "")).strip(".")
        module, _, name = meant.rpartition(".")
        likely = f"{module}:{name}"
        hint = f" Did you mean {likely!r}?" if _FORM.fullmatch(likely) else ""
        raise ValueError(f"a handler is `module:function`, such as 'orders.handler:handler'.{hint}")
    module, _, name = text.partition(":")
    return Handler(module, name)


def problem(source: bytes, path: str, name: str) -> str | None:
    """Why the module at `path` cannot be called by `name`; None when it can, or may."""
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else path
        return f"{where}: {getattr(error, 'msg', None) or error}. Python cannot compile it."
    names: dict[str, ast.AST] = {}
    for statement in _statements(tree.body):
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            return None
        names.update((found, statement) for found in _bound(statement))
    if "__getattr__" in names or _is_dynamic(tree):
        return None
    found = names.get(name)
    if isinstance(found, ast.AsyncFunctionDef):
        return (
            f"{path}:{found.lineno}: `{name}` is an `async def`, and Lambda does not await what it "
            "calls. Make it a `def` that runs the coroutine with `asyncio.run`."
        )
    if found is None:
        return f"{path} has no `{name}`.{_suggestion(name, names)}"
    return None


def _suggestion(name: str, names: dict[str, ast.AST]) -> str:
    functions = [
        each
        for each, statement in names.items()
        if isinstance(statement, ast.FunctionDef) and not each.startswith("_")
    ]
    close = difflib.get_close_matches(name, functions, n=1)
    if close:
        return f" Did you mean `{close[0]}`?"
    return f" Its functions: {', '.join(sorted(functions))}." if functions else ""


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that run when the module is imported, in blocks too."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))
        for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
            yield from _statements(part.body)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that the statement itself binds in its module."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (each.asname or each.name.split(".")[0] for each in statement.names)
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _is_dynamic(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Name) and node.id in _ANYTHING for node in ast.walk(tree))
