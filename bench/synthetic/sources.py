"""The files that every workspace has alike: Python sources and the lock, and the edits of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from synthetic.graph import BASE, Graph

REQUEST = "3rdparty/python/requirements.in"
LOCK = "3rdparty/python/requirements.txt"
FIRST = "1.0.0"

_CONTINUED = " \\\n"
# About as long as a small handler, so that reading and parsing it costs what one costs.
_BODY = "".join(
    f'''

def step_{number}(event: dict[str, object]) -> dict[str, object]:
    """One of the steps that a real file of this size would have."""
    found = {{key: value for key, value in event.items() if value is not None}}
    return {{**found, "step": {number}}}
'''
    for number in range(8)
)


@dataclass(frozen=True)
class Edit:
    """A new text for one file, and the images whose content that changes."""

    path: str
    text: str
    truth: frozenset[str]


def source_path(graph: Graph, name: str) -> str:
    """Where the code of a lambda or of a module stands."""
    return f"src/{name}/__init__.py" if name in graph.modules else f"lambdas/{name}/handler.py"


def sources(graph: Graph) -> dict[str, str]:
    """Code and lock by path."""
    code = {
        source_path(graph, name): code_of(graph, name) for name in (*graph.modules, *graph.lambdas)
    }
    return {**code, LOCK: lock(graph)}


def code_of(graph: Graph, name: str, revision: int = 0, more: Sequence[str] = ()) -> str:
    """A Python file that imports what `name` needs, and `more`."""
    needed = (*(each for each in graph.needs[name] if each != BASE), *more)
    imported = "".join(f"import {each}\n" for each in needed)
    imports = f"\n{imported}" if imported else ""
    return f'"""Made up, to measure with."""\n{imports}\nREVISION = {revision}\n{_BODY}'


def lock(graph: Graph, versions: Mapping[str, str] = MappingProxyType({})) -> str:
    """The lock, where `versions` names the requirements that are not in their first."""
    parents, direct = needed_by(graph), requested(graph)
    return "".join(
        _locked(
            each,
            versions.get(each, FIRST),
            [f"-r {REQUEST}"] * (each in direct)
            + [distribution(parent) for parent in parents[each]],
        )
        for each in graph.requirements
    )


def needed_by(graph: Graph) -> Mapping[str, tuple[str, ...]]:
    """Each requirement with those that require it; what only code imports has none."""
    return {
        each: tuple(other for other in graph.requirements if each in graph.needs[other])
        for each in graph.requirements
    }


def requested(graph: Graph) -> tuple[str, ...]:
    """The requirements that code imports, and those that nothing needs."""
    code = {each for name in (BASE, *graph.modules, *graph.lambdas) for each in graph.needs[name]}
    parents = needed_by(graph)
    return tuple(each for each in graph.requirements if each in code or not parents[each])


def next_version(name: str, number: int) -> dict[str, str]:
    """The requirement `name`, bumped so many times."""
    return {name: f"1.{number}.0"}


def edit_code(graph: Graph, name: str, number: int) -> Edit:
    """One line of a lambda or a module, changed for the `number`th time."""
    text = code_of(graph, name, number)
    return Edit(source_path(graph, name), text, graph.changed_by(name))


def edit_import(graph: Graph, name: str, number: int) -> Edit:
    """One more module that a lambda imports, another one each time."""
    more = graph.modules[number % len(graph.modules)]
    text = code_of(graph, name, number, [more])
    return Edit(source_path(graph, name), text, graph.changed_by(name))


def add_file(name: str, number: int) -> Edit:
    """A new module beside a lambda's handler, which its image holds."""
    path = f"lambdas/{name}/new_{number}.py"
    return Edit(path, f"NUMBER = {number}\n", frozenset({name}))


def edit_lock(graph: Graph, name: str, number: int) -> Edit:
    """One requirement of the lock, bumped for the `number`th time."""
    return Edit(LOCK, lock(graph, next_version(name, number)), graph.changed_by(name))


def distribution(requirement: str) -> str:
    """The name that a requirement's project has."""
    return requirement.replace("_", "-")


def _locked(name: str, version: str, edges: Sequence[str]) -> str:
    hashes = sorted(
        hashlib.sha256(f"{name} {version} {file}".encode()).hexdigest()
        for file in ("wheel", "source")
    )
    lines = [f"{distribution(name)}=={version}", *(f"    --hash=sha256:{each}" for each in hashes)]
    via = "".join(f"    #   {edge}\n" for edge in edges)
    return f"{_CONTINUED.join(lines)}\n    # via\n{via}"
