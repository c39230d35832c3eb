"""Makes random changes of this repository, and compares what `affected` says with what they change.

Each change is made in a scratch clone. All images are built before and after it: those whose
manifest, and so whose configuration or any layer, has another digest are what really changed.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from clone import Clone, scratch_clone
from proof.edits import edit
from proof.judge import Trial, as_json, changed_between, manifests, score, verdict
from proof.outcomes import Outcome, outcomes, touched

_IMAGES = ("base:image", "lambdas::")
_TESTS = ("--tag=-container", "test", "src::", "lambdas::")
_STOCK = ("--changed-dependents=transitive", "list")


@dataclass(frozen=True)
class Built:
    """What a tree gives: its images by address with their digests, and how its tests end."""

    images: dict[str, str]
    tests: dict[str, Outcome]


def prove(clone: Clone, seed: int, numbers: list[int], with_tests: bool) -> Iterator[Trial]:
    """One trial after the other; the clone is as before after each."""
    base = clone.answer("git", "rev-parse", "HEAD").strip()
    before = _built(clone, with_tests)
    for number in numbers:
        start = time.perf_counter()
        edits = edit(clone.root, seed, number)
        try:
            trial = _trial(clone, base, before, Trial(number, edits), with_tests)
        except SystemExit as error:
            trial = Trial(number, edits, problem=str(error))
        finally:
            clone.run("git", "reset", "--quiet", "--hard", base)
            clone.run("git", "clean", "--quiet", "--force", "-d")
        yield replace(trial, seconds=time.perf_counter() - start)


def _trial(clone: Clone, base: str, before: Built, trial: Trial, with_tests: bool) -> Trial:
    affected = _selected(clone, "affected", f"--since={base}", "--format=specs")
    stock = _selected(clone, f"--changed-since={base}", *_STOCK)
    after = _built(clone, with_tests)
    changed = changed_between(before.images, after.images)
    return replace(
        trial,
        changed=tuple(sorted(changed)),
        affected=verdict(_images(affected), changed),
        stock=verdict(_images(stock), changed),
        missed_tests=tuple(sorted(touched(before.tests, after.tests) - affected)),
    )


def _built(clone: Clone, with_tests: bool) -> Built:
    shutil.rmtree(clone.root / "dist", ignore_errors=True)
    clone.pants("package", *_IMAGES)
    log = clone.log("./pants", "--no-dynamic-ui", *_TESTS) if with_tests else ""
    return Built(manifests(clone.root / "dist"), outcomes(log))


def _selected(clone: Clone, *command: str) -> frozenset[str]:
    """The targets that a command prints."""
    lines = clone.answer("./pants", "--no-dynamic-ui", *command).splitlines()
    return frozenset(line.removeprefix("//") for line in lines)


def _images(targets: frozenset[str]) -> frozenset[str]:
    return frozenset(target for target in targets if target.endswith(":image"))


def line_of(trial: Trial, seed: int) -> str:
    """A trial for people: what was done, and where `affected` was wrong the way to see it again."""
    head = f"{trial.number:4}  {trial.seconds:5.1f} s  {'; '.join(trial.edits)}"
    again = f"\n      again: bench/prove --seed {seed} --only {trial.number}"
    if trial.problem:
        return f"{head}\n      no answer: {trial.problem[-1500:]}{again}"
    found = f"{head}\n      {len(trial.changed)} images changed"
    wrong = (
        ("missed", trial.affected.missed),
        ("extra", trial.affected.extra),
        ("missed tests", trial.missed_tests),
    )
    said = [f"{what}: {', '.join(names)}" for what, names in wrong if names]
    if not said:
        return f"{found}, exactly those selected (stock: {len(trial.stock.selected)})"
    return f"{found}; {'; '.join(said)}{again}"


def summary(trials: list[Trial], with_tests: bool) -> str:
    answered = [trial for trial in trials if not trial.problem]
    lines = [
        f"{len(answered)} of {len(trials)} changes answered, over images:",
        f"  affected         {score(trial.affected for trial in answered)}",
        f"  --changed-since  {score(trial.stock for trial in answered)}",
    ]
    if with_tests:
        missed = sum(len(trial.missed_tests) for trial in answered)
        lines.append(f"tests that a change touched and affected missed: {missed}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench/prove",
        description=__doc__,
        epilog="Ends with 1 if an image or a test was missed, or a change had no answer.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--edits", type=int, default=20, help="how many changes (default: 20)")
    parser.add_argument("--seed", type=int, default=1, help="which changes (default: 1)")
    parser.add_argument("--only", type=int, nargs="+", help="these changes of the seed alone")
    parser.add_argument(
        "--tests", action="store_true", help="run the library's and lambdas' unit tests, too"
    )
    parser.add_argument("--json", type=Path, default=Path("dist/prove.json"), help="the results")
    options = parser.parse_args()
    trials: list[Trial] = []
    with scratch_clone() as clone:
        try:
            numbers = options.only or list(range(options.edits))
            for trial in prove(clone, options.seed, numbers, options.tests):
                trials.append(trial)
                print(line_of(trial, options.seed), flush=True)
        except KeyboardInterrupt:
            print("stopped; so far:", file=sys.stderr)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(as_json(options.seed, trials))
    print(f"{summary(trials, options.tests)}\n{options.json}")
    return int(any(trial.failed for trial in trials))


if __name__ == "__main__":
    # An end by signal, too, sums up, and leaves no daemon and no scratch clone behind.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.default_int_handler)
    sys.exit(main())
