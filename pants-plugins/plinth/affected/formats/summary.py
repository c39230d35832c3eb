"""The answer for the file that `$GITHUB_STEP_SUMMARY` names: Markdown with a Mermaid graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plinth.affected.formats import mermaid
from plinth.affected.formats.counts import counted, headline, summary
from plinth.affected.formats.graph import graph_of
from plinth.affected.formats.printable import printable
from plinth.affected.formats.readable import readable
from plinth.affected.formats.verdict import verdict
from plinth.affected.formats.ways import by_way
from plinth.affected.model import Affected, Answer

# GitHub drops the summary of a step when it is larger.
LIMIT_BYTES = 1024 * 1024
_ROOM_FOR_HEADINGS = 32 * 1024
# A longer list begins closed.
_LONG = 20


def render(answer: Answer) -> str:
    """Headline, verdict, graph, changes, and each wave's targets with their shortest reasons.

    Entries beyond what GitHub takes are left out, and it says how many.
    """
    told = readable(answer)
    text = f"### {_prose(headline(answer))}\n\n**{_prose(verdict(told))}**\n\n"
    text += "\n".join((*_everything(answer), *_graph(told)))
    for title, items in _sections(told):
        text += _section(title, items, LIMIT_BYTES - _ROOM_FOR_HEADINGS - len(text.encode()))
    return text


def _everything(answer: Answer) -> Iterator[str]:
    for reason in answer.everything:
        yield "> [!WARNING]"
        yield f"> **Everything is affected**, because {_prose(reason)}"
        yield ""


def _graph(answer: Answer) -> Iterator[str]:
    graph = graph_of(answer)
    drawn = mermaid.render(graph)
    if drawn:
        yield f"```mermaid\n{drawn}```\n"
    elif graph.chains:
        yield "The graph is too large to be drawn here: `--format=html` shows it.\n"


def _sections(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    if answer.changes:
        changes = [f"- {_code(str(change))}" for change in answer.changes]
        yield counted(len(changes), "change"), changes
    for number, wave in enumerate(answer.waves, start=1):
        yield f"Wave {number}: {summary(wave)}", list(_ways(wave))


def _ways(wave: Iterable[Affected]) -> Iterator[str]:
    for way, targets in by_way(wave).items():
        if way:
            yield f"- {_code(' › '.join((*way, '')).rstrip())}"
        for target in targets:
            yield f"{'  ' if way else ''}- {_code(target.target)}"


def _section(title: str, items: list[str], room: int) -> str:
    """A list that can be closed, of as many lines of `items` as fit into `room` bytes."""
    kept: list[str] = []
    for item in items:
        room -= len(item.encode()) + 1
        if room < 0:
            kept.append(f"- and {counted(len(items) - len(kept), 'line')} more than GitHub takes")
            break
        kept.append(item)
    opened = "" if len(items) > _LONG else " open"
    return "\n".join((f"<details{opened}><summary>{title}</summary>\n", *kept, "\n</details>\n\n"))


def _prose(text: str) -> str:
    """`text` with nothing in it that Markdown or HTML would read as its own."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", printable(text))


def _code(text: str) -> str:
    """`text` as a code span, whose fence is longer than any run of backticks in it."""
    shown = printable(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"
