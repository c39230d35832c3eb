"""The routes of handlers, asked of the handlers themselves in a sandbox with all that they need."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.util_rules import pex_from_targets
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.backend.python.util_rules.pex_from_targets import PexFromTargetsRequest
from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent, MergeDigests
from pants.engine.process import ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import TransitiveTargets, TransitiveTargetsRequest
from pants.engine.unions import UnionRule

from plinth.archive.sources import source_of
from plinth.sam.application import Route

_PROGRAM, _ASKED, _ANSWER = "read_routes.py", "asked.json", "routes.json"


@dataclass(frozen=True)
class HandlersRequest:
    """Handlers as `module:function` by address, of which `code` has all that they need."""

    handlers: tuple[tuple[str, str], ...]
    openapi: str | None
    code: tuple[Address, ...]


@dataclass(frozen=True)
class Handlers:
    """The routes by address, the OpenAPI document as JSON, and what could not be asked."""

    routes: tuple[tuple[str, tuple[Route, ...]], ...]
    openapi: bytes | None
    objections: tuple[str, ...]


@rule(desc="Asking the handlers for their routes")
async def ask_handlers(request: HandlersRequest) -> Handlers:
    """Runs the program that imports the handlers, with all that these need."""
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest(request.code))
    pex_request, sources = await MultiGet(
        Get(
            PexRequest,
            PexFromTargetsRequest(
                Addresses(request.code),
                output_filename="handlers.pex",
                internal_only=True,
                include_source_files=False,
            ),
        ),
        Get(PythonSourceFiles, PythonSourceFilesRequest(closure.closure)),
    )
    asked = {"handlers": dict(request.handlers), "openapi": request.openapi}
    venv_pex, program = await MultiGet(
        Get(VenvPex, PexRequest, pex_request),
        Get(
            Digest,
            CreateDigest(
                [
                    FileContent(_PROGRAM, source_of("plinth.sam.read_routes")),
                    FileContent(_ASKED, json.dumps(asked).encode()),
                ]
            ),
        ),
    )
    inputs = await Get(Digest, MergeDigests((program, sources.source_files.snapshot.digest)))
    result = await Get(
        ProcessResult,
        VenvPexProcess(
            venv_pex,
            argv=(_PROGRAM, _ASKED, _ANSWER),
            input_digest=inputs,
            extra_env={"PEX_EXTRA_SYS_PATH": os.pathsep.join(sources.source_roots)},
            output_files=(_ANSWER,),
            description="Asking the handlers for their routes",
        ),
    )
    (answer,) = await Get(DigestContents, Digest, result.output_digest)
    return _read(json.loads(answer.content))


def _read(answer: dict[str, Any]) -> Handlers:
    document = answer["openapi"]
    return Handlers(
        routes=tuple(
            (address, tuple(Route(**{**each, "takes": tuple(each["takes"])}) for each in routes))
            for address, routes in sorted(answer["routes"].items())
        ),
        openapi=None if document is None else _dump(document),
        objections=tuple(answer["objections"]),
    )


def _dump(document: Any) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *pex_from_targets.rules()]
