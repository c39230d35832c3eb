"""Which jobs build and test what a change reaches: lines for the file that `$GITHUB_OUTPUT` names.

    ci/plan.py WAVES AFFECTED    two files: `./pants affected` in its formats `github` and `json`

`first` is what the first job builds itself: everything where that is little, and else the images
that others stand on. `shards` is a matrix of the rest, empty where there is none; each of its jobs
takes neighbours, so that its start is worth it and an image meets its container test on one
machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A job's start costs about as much as this many images or folders of tests take.
WORTH_A_JOB = 24
# What one matrix may have at GitHub.
MOST_JOBS = 256


@dataclass(frozen=True)
class Piece:
    """What is never split: an image, a container test, or the unit tests of a folder."""

    name: str
    specs: str


@dataclass(frozen=True)
class Plan:
    first: tuple[Piece, ...]
    shards: tuple[tuple[Piece, ...], ...]


def plan(pieces: Sequence[Piece], bases: frozenset[str]) -> Plan:
    """`bases` are the names of the pieces that others stand on."""
    if len(pieces) <= WORTH_A_JOB:
        return Plan(tuple(pieces), ())
    first = tuple(each for each in pieces if each.name in bases)
    rest = sorted((each for each in pieces if each.name not in bases), key=lambda each: each.name)
    number = min(MOST_JOBS, -(-len(rest) // WORTH_A_JOB))
    bounds = [len(rest) * part // number for part in range(number + 1)]
    return Plan(first, tuple(tuple(rest[a:b]) for a, b in zip(bounds, bounds[1:])))


def pieces(waves: str) -> Iterator[Piece]:
    """The jobs of all waves that the format `github` has."""
    for line in waves.splitlines():
        name, _, value = line.partition("=")
        if name.startswith("wave-"):
            yield from (Piece(job["name"], job["specs"]) for job in json.loads(value)["include"])


def stood_on(answer: Any) -> frozenset[str]:
    """The affected images that other affected images stand on."""
    images = {each["address"] for each in answer["targets"] if each["kind"] == "image"}
    return frozenset(base for base, other in answer["edges"] if {base, other} <= images)


def outputs(made: Plan) -> Iterator[str]:
    shards = [{"name": _name(shard), "specs": _specs(shard)} for shard in made.shards]
    yield f"first={json.dumps({'specs': _specs(made.first)})}"
    yield f"shards={json.dumps({'include': shards}) if shards else ''}"


def _name(shard: Sequence[Piece]) -> str:
    return shard[0].name if len(shard) == 1 else f"{shard[0].name} and {len(shard) - 1} more"


def _specs(shard: Sequence[Piece]) -> str:
    return "\n".join(each.specs for each in shard)


def main(argv: Sequence[str]) -> int:
    if len(argv) != 2 or argv[0].startswith("-"):
        asked_for_help = list(argv) in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 64
    waves, answer = Path(argv[0]).read_text(), json.loads(Path(argv[1]).read_text())
    print("\n".join(outputs(plan(tuple(pieces(waves)), stood_on(answer)))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
