"""Makes random changes of this repository, and compares what `affected` says with what they change.

Each change is made in a scratch clone. All images are built before and after it: those whose
manifest, and so whose configuration or any layer, has another digest are what really changed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from clone import Clone, scratch_clone
from proof.edits import edit
from proof.judge import Trial, as_json, changed_between, manifests, score, verdict

_IMAGES = ("base:image", "lambdas::")
_STOCK = ("--changed-dependents=transitive", "list")


def prove(clone: Clone, seed: int, numbers: list[int]) -> Iterator[Trial]:
    """One trial after the other; the clone is as before after each."""
    base = clone.answer("git", "rev-parse", "HEAD").strip()
    before = _built(clone)
    for number in numbers:
        start = time.perf_counter()
        edits = edit(clone.root, seed, number)
        try:
            yield _trial(clone, base, before, number, edits, start)
        finally:
            clone.run("git", "reset", "--quiet", "--hard", base)
            clone.run("git", "clean", "--quiet", "--force", "-d")


def _trial(
    clone: Clone,
    base: str,
    before: dict[str, str],
    number: int,
    edits: tuple[str, ...],
    start: float,
) -> Trial:
    nothing = verdict(frozenset(), frozenset())
    try:
        affected = _selected(clone, "affected", f"--since={base}", "--format=specs")
        stock = _selected(clone, f"--changed-since={base}", *_STOCK)
        changed = changed_between(before, _built(clone))
    except SystemExit as error:
        seconds = time.perf_counter() - start
        return Trial(number, edits, (), nothing, nothing, seconds, problem=str(error))
    return Trial(
        number,
        edits,
        tuple(sorted(changed)),
        verdict(affected, changed),
        verdict(stock, changed),
        time.perf_counter() - start,
    )


def _built(clone: Clone) -> dict[str, str]:
    shutil.rmtree(clone.root / "dist", ignore_errors=True)
    clone.pants("package", *_IMAGES)
    return manifests(clone.root / "dist")


def _selected(clone: Clone, *command: str) -> frozenset[str]:
    """The images among the targets that a command prints."""
    lines = clone.answer("./pants", "--no-dynamic-ui", *command).splitlines()
    return frozenset(line.removeprefix("//") for line in lines if line.endswith(":image"))


def line_of(trial: Trial, seed: int) -> str:
    """A trial for people: what was done, and where `affected` was wrong the way to see it again."""
    head = f"{trial.number:4}  {trial.seconds:5.1f} s  {'; '.join(trial.edits)}"
    again = f"\n      again: bench/prove --seed {seed} --only {trial.number}"
    if trial.problem:
        return f"{head}\n      no answer: {trial.problem[-1500:]}{again}"
    found = f"{head}\n      {len(trial.changed)} images changed"
    if trial.affected.exact:
        return f"{found}, exactly those selected (stock: {len(trial.stock.selected)})"
    wrong = [
        f"{what}: {', '.join(names)}"
        for what, names in (("missed", trial.affected.missed), ("extra", trial.affected.extra))
        if names
    ]
    return f"{found}; {'; '.join(wrong)}{again}"


def summary(trials: list[Trial]) -> str:
    answered = [trial for trial in trials if not trial.problem]
    lines = [
        f"{len(answered)} of {len(trials)} changes answered, over images:",
        f"  affected         {score(trial.affected for trial in answered)}",
        f"  --changed-since  {score(trial.stock for trial in answered)}",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench/prove",
        description=__doc__,
        epilog="Ends with 1 if an image was missed or a change had no answer.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--edits", type=int, default=20, help="how many changes (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="which changes (default: 1)")
    parser.add_argument("--only", type=int, nargs="+", help="these changes of the seed alone")
    parser.add_argument("--json", type=Path, default=Path("dist/prove.json"), help="the results")
    options = parser.parse_args()
    trials: list[Trial] = []
    with scratch_clone() as clone:
        try:
            for trial in prove(clone, options.seed, options.only or list(range(options.edits))):
                trials.append(trial)
                print(line_of(trial, options.seed), flush=True)
        except KeyboardInterrupt:
            print("stopped; so far:", file=sys.stderr)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(as_json(options.seed, trials))
    print(f"{summary(trials)}\n{options.json}")
    return int(any(trial.problem or trial.affected.missed for trial in trials))


if __name__ == "__main__":
    sys.exit(main())
