"""The answer for people, in a terminal or a log of 80 columns."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator

from plinth.affected.formats.counts import counted, headline, summary
from plinth.affected.formats.printable import printable
from plinth.affected.formats.readable import readable
from plinth.affected.formats.ways import Way, by_way, way
from plinth.affected.formats.wrapped import wrapped
from plinth.affected.model import TESTS, Affected, Answer

# Text and one of the codes below, to text.
_Paint = Callable[[str, str], str]
_BOLD, _DIM, _LOUD, _IMAGE, _TEST = "1", "2", "1;31", "1;36", "32"
# A longer list of changes is cut, but for `explain`.
_MOST_CHANGES = 20


def render(
    answer: Answer, *, color: bool = False, explain: bool = False, advice: bool = True
) -> str:
    """The answer by wave: targets, below them the shortest way to them, or all with `explain`.

    Only a word that is longer than a line, such as an address, makes a line longer than 80 columns.
    The last lines name the next command, unless `advice` is not wanted.
    """
    paint: _Paint = _coloured if color else _plain
    told = readable(answer)
    lines = [*_line(headline(answer), paint, _BOLD), *_everything(answer, paint)]
    lines += _changes(told, paint, all_of_them=explain)
    for number, wave in enumerate(told.waves, start=1):
        lines += ["", paint(f"Wave {number}", _BOLD) + f": {summary(wave)}"]
        lines += _explained(wave, paint) if explain else _grouped(wave, paint)
    if advice and answer.targets:
        lines += ["", *_advice(told, paint, explain)]
    return "\n".join(lines) + "\n"


def _everything(answer: Answer, paint: _Paint) -> Iterator[str]:
    for reason in answer.everything:
        yield from _line(f"EVERYTHING IS AFFECTED, because {reason}", paint, _LOUD)


def _changes(answer: Answer, paint: _Paint, *, all_of_them: bool) -> Iterator[str]:
    if not answer.changes:
        return
    yield from ("", counted(len(answer.changes), "change"))
    shown = answer.changes if all_of_them else answer.changes[:_MOST_CHANGES]
    for change in shown:
        yield from wrapped(printable(str(change)).split(" "), "  ", "    ")
    if len(shown) < len(answer.changes):
        more = len(answer.changes) - len(shown)
        yield paint(f"  and {more} more: --explain lists them all", _DIM)


def _explained(wave: Iterable[Affected], paint: _Paint) -> Iterator[str]:
    for target in wave:
        yield f"  {_name(target, paint)}"
        for chain in target.chains:
            yield from _because(way(chain), paint)


def _grouped(wave: Iterable[Affected], paint: _Paint) -> Iterator[str]:
    for shared, targets in by_way(wave).items():
        for target in targets:
            more = paint(f"  +{_more(target)}", _DIM) if _more(target) else ""
            yield f"  {_name(target, paint)}{more}"
        yield from _because(shared, paint)


def _because(steps: Way, paint: _Paint) -> Iterator[str]:
    """``← change › step › step``, on as many lines as it takes; a line breaks before a ``›``."""
    if not steps:
        return
    change, *others = map(printable, steps)
    words = ["←", *change.split(" "), *(f"› {step}" for step in others)]
    for line in wrapped(words, "    ", "      "):
        yield paint(line, _DIM)


def _advice(answer: Answer, paint: _Paint, explain: bool) -> Iterator[str]:
    if not explain and any(map(_more, answer.targets)):
        yield paint("+1: one reason more. --explain lists them all.", _DIM)
    since = printable(shlex.quote(answer.since))
    yield f'Next: ./pants affected --since={since} --run="test package"'


def _more(target: Affected) -> int:
    return max(len(target.chains) - 1, 0)


def _name(target: Affected, paint: _Paint) -> str:
    return paint(printable(target.target), _TEST if target.kind in TESTS else _IMAGE)


def _line(text: str, paint: _Paint, code: str) -> Iterator[str]:
    for line in wrapped(printable(text).split(" "), "", "  "):
        yield paint(line, code)


def _coloured(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, _code: str) -> str:
    return text
