"""Compile what a layer holds, and report what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from plinth.archive import interpreter


@dataclass(frozen=True)
class Report:
    """What the making of a layer has to say, handed from the sandbox to the engine as JSON
    on standard output.

    `files` are the paths of a layer's third-party files below its own path, `requires` what each
    distribution says it requires. `left_out` has a line for each file that did not compile.
    """

    left_out: tuple[str, ...] = ()
    warning: str = ""
    files: tuple[str, ...] = ()
    requires: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        data = json.loads(text)
        return cls(
            left_out=tuple(data["left_out"]),
            warning=data["warning"],
            files=tuple(data["files"]),
            requires=tuple((name, tuple(needs)) for name, needs in data["requires"]),
        )


def compile_sources(
    tree: Path, sources: Iterable[str], runtime: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Compile in `tree`, which stands for the image's `/`, with the interpreter in the folder
    `runtime`, or this one.

    Returns the `.pyc` of `sources` that were made, a line for each that was left out, and a warning
    or "".
    """
    python = interpreter.interpreter(runtime)
    sources = tuple(sources)
    tops = sorted({source.split("/")[0] for source in sources})
    left_out = interpreter.compile_tree(python, tree, tuple(tops)) if tops else ()
    made = (pyc_of(source) for source in sources)
    return tuple(path for path in made if (tree / path).is_file()), left_out, python.warning


def pyc_of(source: str) -> str:
    """Where CPython of the runtime's version looks for the compiled form of a source."""
    folder, _, name = source.rpartition("/")
    tag = "cpython-{}{}".format(*interpreter.VERSION)
    return f"{folder}/__pycache__/{name[: -len('.py')]}.{tag}.pyc".lstrip("/")
