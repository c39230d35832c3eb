"""The handlers that layers name, looked for in what their code needs."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.fs import CreateDigest, Digest, DigestContents
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import AllTargets, Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.guardrails.repository import Handler
from plinth.layers.errors import LayerError
from plinth.layers.handler import parse_handler, problem
from plinth.layers.target_types import PythonLayerHandlerField
from plinth.layers.util_rules.handler import HandlerModule, HandlerRequest
from plinth.layers.util_rules.unowned import UnownedImportsError


@dataclass(frozen=True)
class HandlersRequest:
    """All handlers."""


@dataclass(frozen=True)
class Handlers:
    """The handlers that layers name, each with what is wrong with it."""

    found: tuple[Handler, ...]


@dataclass(frozen=True)
class CheckedHandlerRequest:
    """Is the handler of the `python_layer` target there?"""

    target: Target


@rule(desc="Looking for the handlers", level=LogLevel.DEBUG)
async def read_handlers(request: HandlersRequest, targets: AllTargets) -> Handlers:
    """Every layer's handler."""
    named = [
        target
        for target in targets
        if target.has_field(PythonLayerHandlerField) and target[PythonLayerHandlerField].value
    ]
    found = await MultiGet(Get(Handler, CheckedHandlerRequest(target)) for target in named)
    return Handlers(tuple(found))


@rule
async def check_handler(request: CheckedHandlerRequest) -> Handler:
    """One handler, read and not imported."""
    text = request.target[PythonLayerHandlerField].value or ""
    build = posixpath.join(request.target.address.spec_path, "BUILD")
    try:
        module = await Get(HandlerModule, HandlerRequest(request.target))
    except UnownedImportsError:
        # A finding of its own.
        return Handler(build, text)
    except LayerError as error:
        return Handler(build, text, str(error).partition(": ")[2].partition(": ")[2].rstrip("."))
    (file,) = await Get(DigestContents, Digest, await Get(Digest, CreateDigest(module.files)))
    path = module.argv[2]
    try:
        ast.parse(file.content)
    except (SyntaxError, ValueError):
        # Broken, which is a finding of its own, or of a newer Python than Pants'.
        return Handler(build, text)
    wrong = problem(file.content, path, parse_handler(text).name)
    return Handler(build, text, (wrong or "").rstrip("."))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
