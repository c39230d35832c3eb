"""The same monorepo as an npm workspace, which Nx and Turborepo read: the equal graph.

The images, modules and their edges are workspace packages. The Python lock is a global input, which
is how both tools take a lock that they do not know. So that they are also seen at their best, each
requirement is an npm package too, in the lock that they do know.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from synthetic.graph import BASE, Graph
from synthetic.sources import FIRST, LOCK, Edit, distribution, next_version, sources

NPM_LOCK = "package-lock.json"
IGNORED = "node_modules\n.nx\n.turbo\n"


def node_workspace(graph: Graph) -> dict[str, str]:
    """All files, by path."""
    packages = {_folder(graph, name): _package(graph, name) for name in _names(graph)}
    return {
        **sources(graph),
        **{f"{folder}/package.json": _json(package) for folder, package in packages.items()},
        ".gitignore": IGNORED,
        "package.json": _json(_root()),
        NPM_LOCK: npm_lock(graph),
        "nx.json": _json(_nx()),
        "turbo.json": _json({"globalDependencies": [LOCK], "tasks": {"package": {}}}),
    }


def edit_npm_lock(graph: Graph, name: str, number: int) -> Edit:
    """One requirement of npm's lock, bumped for the `number`th time."""
    return Edit(NPM_LOCK, npm_lock(graph, next_version(name, number)), graph.changed_by(name))


def npm_lock(graph: Graph, versions: Mapping[str, str] = MappingProxyType({})) -> str:
    """npm's lock, where `versions` names the requirements that are not in their first."""
    packages: dict[str, Any] = {"": _root()}
    for name in _names(graph):
        folder = _folder(graph, name)
        packages[folder] = _package(graph, name)
        packages[f"node_modules/{name}"] = {"resolved": folder, "link": True}
    for name in graph.requirements:
        version = versions.get(name, FIRST)
        packages[f"node_modules/{distribution(name)}"] = {
            "version": version,
            "integrity": _integrity(f"{name} {version}"),
            "dependencies": {distribution(each): "^1.0.0" for each in graph.needs[name]},
        }
    return _json(
        {"name": "synthetic", "lockfileVersion": 3, "requires": True, "packages": packages}
    )


def _names(graph: Graph) -> tuple[str, ...]:
    return (BASE, *graph.modules, *graph.lambdas)


def _folder(graph: Graph, name: str) -> str:
    if name == BASE:
        return BASE
    return f"src/{name}" if name in graph.modules else f"lambdas/{name}"


def _package(graph: Graph, name: str) -> dict[str, Any]:
    internal = {each: "*" for each in graph.needs[name] if each == BASE or each in graph.modules}
    external = {distribution(each): "^1.0.0" for each in graph.direct(name, graph.requirements)}
    return {
        "name": name,
        "version": "0.0.0",
        "private": True,
        "scripts": {"package": "true"},
        "dependencies": {**internal, **external},
    }


def _root() -> dict[str, Any]:
    return {
        "name": "synthetic",
        "private": True,
        "packageManager": "npm@11.0.0",
        "workspaces": [BASE, "lambdas/*", "src/*"],
    }


def _nx() -> dict[str, Any]:
    return {
        "namedInputs": {"default": ["{projectRoot}/**/*", f"{{workspaceRoot}}/{LOCK}"]},
        "targetDefaults": {"package": {"inputs": ["default", "^default"], "cache": True}},
        # The finest that it has: only projects that depend on what changed in npm's lock.
        "pluginsConfig": {"@nx/js": {"projectsAffectedByDependencyUpdates": "auto"}},
        "analytics": False,
    }


def _integrity(text: str) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(text.encode()).digest()).decode()}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"
