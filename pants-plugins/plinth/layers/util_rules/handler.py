"""The module of a layer's handler, found in all that its code needs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import FileDigest, FileEntry
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.layers.content import Closure
from plinth.layers.errors import LayerError
from plinth.layers.handler import parse_handler
from plinth.layers.target_types import PythonLayerDependenciesField, PythonLayerHandlerField

_FILE = "handler.py"


@dataclass(frozen=True)
class HandlerRequest(EngineAwareParameter):
    """The handler of a `python_layer` target."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class HandlerModule:
    """The handler's module as `plinth.layers.pack` checks it: its file and arguments.

    Empty when the layer names no handler. `where` is how errors name it.
    """

    files: tuple[FileEntry, ...] = ()
    argv: tuple[str, ...] = ()
    where: str = ""


@rule(desc="Finding a layer's handler", level=LogLevel.DEBUG)
async def find_handler(request: HandlerRequest) -> HandlerModule:
    """The module of a layer's handler, to be compiled and looked into. Raises `LayerError`."""
    field = request.target[PythonLayerHandlerField]
    if not field.value:
        return HandlerModule()
    handler = parse_handler(field.value)
    where = f"{request.target.address.spec_path}/BUILD: {field.alias}={field.value!r}"
    needed = await Get(
        Closure, PythonLayerDependenciesField, request.target[PythonLayerDependenciesField]
    )
    for file in needed.first_party:
        if file.path in handler.paths:
            found = FileEntry(_FILE, FileDigest(file.fingerprint, file.size))
            return HandlerModule((found,), ("--handler", _FILE, file.source, handler.name), where)
    modules = [
        file.path[: -len(".py")].replace("/", ".")
        for file in needed.first_party
        if file.path.endswith(".py")
    ]
    close = difflib.get_close_matches(handler.module, modules, n=1)
    hint = f" Did you mean `{close[0]}:{handler.name}`?" if close else ""
    raise LayerError(
        f"{where}: there is no module `{handler.module}` in what the lambda's sources need.{hint}"
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
