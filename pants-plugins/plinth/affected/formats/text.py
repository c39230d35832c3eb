"""The answer for people, in a terminal or a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from plinth.affected.formats.counts import counted, headline, summary
from plinth.affected.formats.printable import printable
from plinth.affected.formats.ways import by_way
from plinth.affected.model import Affected, Answer, Kind

# Text and one of the codes below, to text.
_Paint = Callable[[str, str], str]
_BOLD, _DIM, _LOUD, _IMAGE, _TEST = "1", "2", "1;31", "1;36", "32"


def render(answer: Answer, *, color: bool = False, explain: bool = False) -> str:
    """The answer grouped by wave, with the shortest reason of each target, or all with `explain`.

    Targets that are reached the same way stand under that way. With `explain` each has its whole
    chains beside it.
    """
    paint: _Paint = _coloured if color else _plain
    lines = [paint(printable(headline(answer)), _BOLD), *_everything(answer, paint)]
    if answer.changes:
        lines += ["", counted(len(answer.changes), "change")]
        lines += [f"  {printable(str(change))}" for change in answer.changes]
    for number, wave in enumerate(answer.waves, start=1):
        lines += ["", paint(f"Wave {number}", _BOLD) + f": {summary(wave)}"]
        lines += _explained(wave, paint) if explain else _grouped(wave, paint)
    if not explain and any(map(_more, answer.targets)):
        lines += ["", paint("+1: one reason more. --explain lists them all.", _DIM)]
    return "\n".join(lines) + "\n"


def _everything(answer: Answer, paint: _Paint) -> Iterator[str]:
    for reason in answer.everything:
        yield paint(f"EVERYTHING IS AFFECTED, because {printable(reason)}", _LOUD)


def _explained(wave: Iterable[Affected], paint: _Paint) -> Iterator[str]:
    for target in wave:
        yield f"  {_name(target, paint)}"
        for chain in target.chains:
            yield paint(f"    {printable(str(chain))}", _DIM)


def _grouped(wave: Iterable[Affected], paint: _Paint) -> Iterator[str]:
    for way, targets in by_way(wave).items():
        if way:
            yield paint(f"  {printable(way)}", _DIM)
        for target in targets:
            more = paint(f"  +{_more(target)}", _DIM) if _more(target) else ""
            yield ("    " if way else "  ") + _name(target, paint) + more


def _more(target: Affected) -> int:
    return max(len(target.chains) - 1, 0)


def _name(target: Affected, paint: _Paint) -> str:
    return paint(printable(target.target), _IMAGE if target.kind is Kind.IMAGE else _TEST)


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, _code: str) -> str:
    return text
