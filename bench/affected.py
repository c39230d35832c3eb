"""`affected` beside stock Pants, Nx and Turborepo, on the same made-up monorepo and edits."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from clone import Clone
from measure import Case, Figure, say, side_by_side
from peers import installed_peers
from synthetic.graph import Graph, synthetic, typical
from synthetic.node_workspace import edit_npm_lock, node_workspace
from synthetic.on_disk import commit_all, take_over, tracked, write_files
from synthetic.plinth_workspace import (
    edit_build_file,
    images_in,
    plinth_workspace,
    taken_over,
)
from synthetic.sources import Edit, add_file, edit_code, edit_import, edit_lock

SEED = 0
# Bounded: a thousand lambdas take long, and are asked for.
SIZES = (16, 150)
_NODE_ENV = {
    "NX_DAEMON": "true",
    "NX_NO_CLOUD": "true",
    "DO_NOT_TRACK": "1",
    "TURBO_TELEMETRY_DISABLED": "1",
    "TURBO_SCM_BASE": "HEAD",
}
# The share of all images that an edit of a module and of a requirement changes, roughly.
_MODULE_SHARE, _REQUIREMENT_SHARE = 0.05, 0.09


@dataclass(frozen=True)
class Tool:
    """One way to ask what is affected in the workspace at `root`.

    `select` answers with images; `stop` makes the next answer a cold one; `daemon` is the process
    that serves it, None where there is none.
    """

    name: str
    root: Path
    select: Callable[[], frozenset[str]]
    stop: Callable[[], object]
    daemon: Callable[[], int | None]


@dataclass(frozen=True)
class Kind:
    """A kind of edit: `make(n)` is the `n`th edit of one thing, for `tools`."""

    name: str
    make: Callable[[int], Edit]
    tools: tuple[Tool, ...]


def affected(ours: Clone, runs: int, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """What an edit affects: `affected`, stock Pants, Nx and Turborepo, with what they select"""
    return [
        replace(figure, name=f"{lambdas} lambdas, {figure.name}")
        for lambdas in sizes
        for figure in _of_size(ours, lambdas, runs)
    ]


def _of_size(ours: Clone, lambdas: int, runs: int) -> list[Figure]:
    graph = synthetic(lambdas, SEED)
    with _workspaces(ours, graph) as (pants, node):
        tools = (*_pants_tools(pants), *_node_tools(node, graph))
        try:
            *common, of_node = _kinds(graph, tools)
            edits = count(1)
            cold = _cold(common[0], edits)
            warm = [figure for kind in common for figure in _warm(kind, edits, runs)]
            # Before npm's lock changes: after that, Nx's daemon was once found gone.
            memory = list(_memory(tools))
            documents = _documents(pants, runs)
            return [*cold, *warm, *_warm(of_node, edits, runs), *memory, *documents]
        finally:
            for tool in tools:
                tool.stop()


@contextmanager
def _workspaces(ours: Clone, graph: Graph) -> Iterator[tuple[Clone, Clone]]:
    """The made-up monorepo for Pants, and the same one for Node's tools."""
    with tempfile.TemporaryDirectory(prefix="plinth-synthetic-") as folder:
        pants, node = Clone(Path(folder) / "plinth"), Clone(Path(folder) / "node")
        say(f"writing {len(graph.lambdas)} lambdas over {len(graph.modules)} modules, twice")
        take_over(ours.root, pants.root, filter(taken_over, tracked(ours.root)))
        write_files(pants.root, plinth_workspace(graph))
        write_files(node.root, node_workspace(graph))
        for workspace in (pants, node):
            commit_all(workspace.root)
        (node.root / "node_modules").symlink_to(installed_peers())
        yield pants, node


def _pants_tools(clone: Clone) -> tuple[Tool, ...]:
    commands = {
        "affected": ("affected", "--since=HEAD", "--format=specs"),
        "stock Pants": ("--changed-since=HEAD", "--changed-dependents=transitive", "list"),
    }

    def tool(name: str, command: tuple[str, ...]) -> Tool:
        def select() -> frozenset[str]:
            return images_in(clone.answer("./pants", "--no-dynamic-ui", *command).splitlines())

        return Tool(name, clone.root, select, clone.stop_daemon, clone.daemon)

    return tuple(tool(name, command) for name, command in commands.items())


def _node_tools(clone: Clone, graph: Graph) -> tuple[Tool, ...]:
    programs = clone.root / "node_modules/.bin"

    def run(program: str, *arguments: str) -> str:
        return clone.answer(str(programs / program), *arguments, env=_NODE_ENV)

    def nx() -> frozenset[str]:
        found = json.loads(run("nx", "show", "projects", "--affected", "--base=HEAD", "--json"))
        return frozenset(found).intersection(graph.images)

    def turbo() -> frozenset[str]:
        found = json.loads(run("turbo", "ls", "--affected", "--output=json"))
        names = frozenset(item["name"] for item in found["packages"]["items"])
        return names.intersection(graph.images)

    def nx_daemon() -> int | None:
        pid = re.search(r"Process ID: (\d+)", run("nx", "daemon"))
        return int(pid[1]) if pid else None

    return (
        Tool("Nx, with its daemon", clone.root, nx, lambda: run("nx", "reset"), nx_daemon),
        # It keeps nothing between runs.
        Tool("Turborepo", clone.root, turbo, lambda: None, lambda: None),
    )


def _kinds(graph: Graph, tools: tuple[Tool, ...]) -> tuple[Kind, ...]:
    module = typical(graph, graph.modules, _MODULE_SHARE)
    requirement = typical(graph, graph.requirements, _REQUIREMENT_SHARE)
    of_node = tuple(tool for tool in tools if (tool.root / "nx.json").exists())
    of_pants = tuple(tool for tool in tools if tool not in of_node)
    name = graph.lambdas[1]
    return (
        Kind("a lambda", lambda n: edit_code(graph, graph.lambdas[0], n), tools),
        Kind("a shared module", lambda n: edit_code(graph, module, n), tools),
        Kind("a locked requirement", lambda n: edit_lock(graph, requirement, n), tools),
        Kind("another import", lambda n: edit_import(graph, name, n), tools),
        Kind("a new file", lambda n: add_file(name, n), tools),
        Kind("a BUILD file", lambda n: edit_build_file(graph, name, n), of_pants),
        Kind("the same in npm's lock", lambda n: edit_npm_lock(graph, requirement, n), of_node),
    )


def _cold(kind: Kind, edits: Iterator[int]) -> list[Figure]:
    figures = []
    for tool in kind.tools:
        tool.stop()
        figures += _timed("cold, ", Kind(kind.name, kind.make, (tool,)), edits, 1)
    return figures


def _warm(kind: Kind, edits: Iterator[int], runs: int) -> list[Figure]:
    for tool in kind.tools:
        tool.select()
    return _timed("", kind, edits, runs)


def _timed(prefix: str, kind: Kind, edits: Iterator[int], runs: int) -> list[Figure]:
    """Each tool after each of `runs` edits that are new to it; then all edits are undone."""
    truth = kind.make(0).truth
    found: dict[str, frozenset[str]] = {}
    spent: dict[str, list[float]] = {tool.name: [] for tool in kind.tools}

    def edit(tool: Tool) -> None:
        made = kind.make(next(edits))
        (tool.root / made.path).write_text(made.text)

    def select(tool: Tool) -> None:
        before = processor_seconds(tool.daemon())
        found[tool.name] = tool.select()
        spent[tool.name].append(processor_seconds(tool.daemon()) - before)

    cases = [Case(tool.name, partial(select, tool), partial(edit, tool)) for tool in kind.tools]
    figures = side_by_side(cases, runs)
    for root in {tool.root for tool in kind.tools}:
        subprocess.run(["git", "checkout", "--quiet", "."], cwd=root, check=True)
        command = ["git", "clean", "--quiet", "--force", "lambdas"]
        subprocess.run(command, cwd=root, check=True)
    return [
        replace(
            figure,
            name=f"{prefix}{kind.name}: {figure.name}",
            note=f"{quality(found[figure.name], truth)}{_spent(spent[figure.name])}",
        )
        for figure in figures
    ]


def quality(found: frozenset[str], truth: frozenset[str]) -> str:
    """How a selection compares with what really changes."""
    both = len(found & truth)
    precision = both / len(found) if found else 1.0
    recall = both / len(truth) if truth else 1.0
    return (
        f"{len(found)} images where {len(truth)} change: "
        f"precision {precision:.2f}, recall {recall:.2f}"
    )


def _spent(seconds: Sequence[float]) -> str:
    """The daemon's own, of both cores together, where it is known."""
    return f"; daemon {statistics.median(seconds):.1f} s of CPU" if any(seconds) else ""


def _memory(tools: tuple[Tool, ...]) -> Iterator[Figure]:
    for root in dict.fromkeys(tool.root for tool in tools):
        # Both ways to ask Pants share one daemon.
        sharing = [tool for tool in tools if tool.root == root and tool.daemon()]
        if sharing:
            names = ", ".join(tool.name for tool in sharing)
            resident = _resident(sharing[0].daemon())
            yield Figure(f"resident memory of the daemon: {names}", "B", (resident,))


def _documents(clone: Clone, runs: int) -> list[Figure]:
    """A document's size and time; and the first answer of a clone that has none."""
    path = clone.root / "dist/document"
    path.parent.mkdir(exist_ok=True)
    option = f"--affected-document={path}"
    case = Case("a document, written", lambda: clone.pants(option, "affected"))
    figures = side_by_side([case], runs)
    size = Figure("a document, compressed", "B", (float(path.stat().st_size),))
    repository = f"--repository=bench/documents-{os.getpid()}"
    clone.pants("affected", "--share", repository)
    return [
        *figures,
        size,
        _first(clone, "with the document in the registry", repository),
        _first(clone, "without", "--repository="),
    ]


def _first(original: Clone, how: str, repository: str) -> Figure:
    """The first answer in a clone of its own, on a machine that keeps no document."""
    with tempfile.TemporaryDirectory(prefix="plinth-first-") as folder:
        clone = Clone(Path(folder) / "plinth")
        command = ["git", "clone", "--quiet", str(original.root), str(clone.root)]
        subprocess.run(command, check=True)
        clone.append("base/Dockerfile", "ENV NEW=1")
        documents = f"--documents={folder}/documents"
        ask = ("affected", "--since=HEAD", documents, repository)
        try:
            name = f"the first answer of a fresh clone, {how}"
            (figure,) = side_by_side([Case(name, lambda: clone.pants(*ask))], 1)
            return figure
        finally:
            clone.stop_daemon()


def _resident(pid: int | None) -> float:
    """The resident memory of a process in bytes, 0 if there is none."""
    if pid is None:
        return 0
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return float(told.stdout or 0) * 1024


def processor_seconds(pid: int | None) -> float:
    """The seconds of CPU that a process has spent, where Linux says so; else 0."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
