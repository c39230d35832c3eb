"""Makes random changes of this repository, and compares what `affected` says with what they change.

Each change is made in a scratch clone. Before and after it all images are built, and Pants sets up
the process of every test. What really changed are images whose manifest, and so whose configuration
or any layer, has another digest; and tests whose process is given anything else: another file,
argument, environment, or pex. The document that the daemon brought up to date is held against a
fresh one as well.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from clone import IMAGES, Clone, kept_clone, scratch_clone
from proof.edits import edit
from proof.ground import prepare
from proof.judge import (
    Trial,
    as_json,
    changed_between,
    from_json,
    manifests,
    reasons,
    score,
    verdict,
)
from proof.outcomes import Outcome, outcomes, touched
from proof.tree import Tree

_TESTS = ("--tag=-container", "test", "src::", "lambdas::")
_STOCK = ("--changed-dependents=transitive", "list")
_GROUND = "what edits are made on"
# It sets up the processes of tests and hashes them.
_BACKEND = "+['plinth.processes']"


@dataclass(frozen=True)
class State:
    """What a tree gives: images and tests by address with their digests, and how tests end."""

    images: dict[str, str]
    processes: dict[str, str]
    ended: dict[str, Outcome]


class Proof:
    """A scratch clone in which one trial is made after the other."""

    def __init__(self, clone: Clone, *, run_tests: bool, ask_stock: bool) -> None:
        self._clone = clone
        self._run_tests, self._ask_stock = run_tests, ask_stock
        self._documents = f"--documents={clone.root.parent / 'documents'}"
        self._base = clone.answer("git", "rev-parse", "HEAD").strip()
        if clone.answer("git", "log", "-1", "--format=%s").strip() == _GROUND:
            self._put_back()
        else:
            self._prepare()
        self._before = self._state()
        self._affected()

    def _prepare(self) -> None:
        prepare(Tree(self._clone.root, random.Random(0)))
        author = ("-c", "user.name=Prove", "-c", "user.email=prove@localhost")
        self._clone.run("git", "add", "--all")
        self._clone.run("git", *author, "commit", "--quiet", "--message", _GROUND)
        self._base = self._clone.answer("git", "rev-parse", "HEAD").strip()

    def trial(self, seed: int, number: int) -> Trial:
        """The clone is afterwards as it was before."""
        start = time.perf_counter()
        edits = edit(self._clone.root, seed, number)
        try:
            trial = self._judge(Trial(number, edits))
        except SystemExit as error:
            trial = Trial(number, edits, problem=str(error))
        finally:
            self._put_back()
        return replace(trial, seconds=time.perf_counter() - start)

    def _judge(self, trial: Trial) -> Trial:
        answer = self._affected()
        stock = self._stock()
        after = self._state()
        named = {target["address"]: target["kind"] for target in answer["targets"]}
        named_images = frozenset(name for name, kind in named.items() if kind == "image")
        tests = verdict(
            frozenset(name for name, kind in named.items() if kind.endswith("test")),
            changed_between(self._before.processes, after.processes),
        )
        changed = changed_between(self._before.images, after.images)
        images = verdict(named_images, changed)
        return replace(
            trial,
            images=images,
            tests=tests,
            stock=None if stock is None else verdict(stock, changed),
            why=reasons(answer, (*images.extra, *tests.extra)),
            touched=tuple(sorted(touched(self._before.ended, after.ended) - frozenset(named))),
            update=self._check(),
        )

    def _affected(self) -> dict[str, list[dict[str, str]]]:
        printed = self._clone.answer(
            *("./pants", "--no-dynamic-ui", "affected", f"--since={self._base}"),
            *(self._documents, "--format=json"),
        )
        found: dict[str, list[dict[str, str]]] = json.loads(printed)
        return found

    def _stock(self) -> frozenset[str] | None:
        """The images that plain `--changed-since` selects, if it is to be asked."""
        if not self._ask_stock:
            return None
        since = f"--changed-since={self._base}"
        listed = self._clone.answer("./pants", "--no-dynamic-ui", since, *_STOCK).split()
        return frozenset(each.removeprefix("//") for each in listed if each.endswith(":image"))

    def _check(self) -> str:
        """How the daemon's document differs from a fresh one; "" if it does not."""
        command = ("./pants", "--no-dynamic-ui", "affected", "--check", self._documents)
        return self._clone.answer(*command).strip()

    def _state(self) -> State:
        root = self._clone.root
        shutil.rmtree(root / "dist", ignore_errors=True)
        self._clone.pants("package", *IMAGES)
        self._clone.pants("test-processes", "--output-file=dist/processes.json", "::")
        log = self._clone.log("./pants", "--no-dynamic-ui", *_TESTS) if self._run_tests else ""
        processes = json.loads((root / "dist/processes.json").read_text())
        return State(manifests(root / "dist"), processes, outcomes(log))

    def _put_back(self) -> None:
        # It fails where no edit has set it.
        self._clone.log("git", "config", "--unset-all", "core.excludesFile")
        (self._clone.root / ".git/info/exclude").write_text("")
        self._clone.run("git", "reset", "--quiet", "--hard", self._base)
        # Twice: what an ignore file hid that was cleaned away is there the second time.
        for _ in range(2):
            self._clone.run("git", "clean", "--quiet", "--force", "-d")


def line_of(trial: Trial, seed: int) -> str:
    """A trial for people: what was done, and where `affected` was wrong the way to see it again."""
    head = f"{trial.number:4}  {trial.seconds:5.1f} s  {'; '.join(trial.edits)}"
    again = f"\n      again: bench/prove --seed {seed} --only {trial.number}"
    if trial.problem:
        return f"{head}\n      no answer: {trial.problem[-1500:]}{again}"
    images, tests = trial.images, trial.tests
    found = (
        f"{head}\n      images {len(images.selected) - len(images.extra) + len(images.missed)}, "
        f"tests {len(tests.selected) - len(tests.extra) + len(tests.missed)}"
    )
    wrong = (
        ("missed", (*images.missed, *tests.missed)),
        ("extra", tuple(f"{name} ({why})" for name, why in trial.why.items())),
        ("ended otherwise", trial.touched),
        ("updated otherwise than fresh", (trial.update,) if trial.update else ()),
    )
    said = [f"\n      {what}: {_few(names)}" for what, names in wrong if names]
    if not said:
        stock = f" (stock: {len(trial.stock.selected)} images)" if trial.stock else ""
        return f"{found}: exactly those named{stock}"
    return f"{found}{''.join(said)}{again}"


def _few(names: tuple[str, ...], most: int = 5) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def summary(trials: list[Trial], *, run_tests: bool) -> str:
    answered = [trial for trial in trials if not trial.problem]
    stock = [trial.stock for trial in answered if trial.stock]
    lines = [
        f"{len(answered)} of {len(trials)} changes answered:",
        f"  affected, images         {score(trial.images for trial in answered)}",
        f"  affected, tests          {score(trial.tests for trial in answered)}",
        *([f"  --changed-since, images  {score(stock)}"] if stock else []),
        f"  documents that an update made otherwise: {sum(bool(t.update) for t in answered)}",
    ]
    if run_tests:
        missed = sum(len(trial.touched) for trial in answered)
        lines.append(f"  tests that ended otherwise and were not named: {missed}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Results:
    """The file that trials are kept in, so that an interrupted proof goes on where it was."""

    path: Path
    made_of: dict[str, object]

    def kept(self) -> list[Trial]:
        """Those of the same commit and seed."""
        try:
            made_of, trials = from_json(self.path.read_text())
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return trials if made_of == self.made_of else []

    def keep(self, trials: list[Trial]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(as_json(self.made_of, trials))


def run(options: argparse.Namespace, results: Results, trials: list[Trial]) -> Iterator[Trial]:
    """The trials that are left to make, until the time is over."""
    start = time.monotonic()
    numbers = options.only or list(range(options.edits))
    left = [number for number in numbers if number not in {trial.number for trial in trials}]
    if not left:
        return
    with scratch_clone() if not options.keep else nullcontext(kept_clone(options.keep)) as clone:
        print("building all images and setting up all tests once …", file=sys.stderr, flush=True)
        proof = Proof(clone, run_tests=options.tests, ask_stock=options.stock)
        for number in left:
            if options.minutes and time.monotonic() - start > options.minutes * 60:
                print("the time is over; the same command goes on", file=sys.stderr)
                return
            trial = proof.trial(options.seed, number)
            trials.append(trial)
            results.keep(trials)
            yield trial


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="bench/prove",
        description=__doc__,
        epilog="Ends with 1 if an image or a test was missed, a document was brought up to date "
        "wrongly, or a change had no answer. Interrupted, it sums up; called again, it goes on.\n\n"
        "  bench/prove --edits 200 --minutes 9     # again and again, until all are made\n"
        "  bench/prove --seed 7 --only 12 13       # these two again",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--edits", type=int, default=20, help="how many changes (default: 20)")
    found.add_argument("--seed", type=int, default=1, help="which changes (default: 1)")
    found.add_argument("--only", type=int, nargs="+", help="these changes of the seed, afresh")
    found.add_argument("--minutes", type=float, help="begin no change after so many minutes")
    found.add_argument("--afresh", action="store_true", help="forget what earlier calls found")
    found.add_argument(
        "--tests", action="store_true", help="run the library's and lambdas' unit tests, too"
    )
    found.add_argument(
        "--stock", action="store_true", help="ask plain --changed-since, too, for comparison"
    )
    found.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="leave clone and daemon there for the next call"
    )
    found.add_argument("--json", type=Path, help="the results (default: dist/prove-SEED.json)")
    return found


def main() -> int:
    options = parser().parse_args()
    root = Path(__file__).resolve().parents[1]
    commit = Clone(root).answer("git", "rev-parse", "HEAD").strip()
    path = options.json or Path(f"dist/prove-{options.seed}.json")
    if options.only and not options.json:
        path = Path("dist/prove-only.json")
    results = Results(path, {"seed": options.seed, "commit": commit, "tests": options.tests})
    os.environ["PANTS_BACKEND_PACKAGES"] = _BACKEND
    trials = [] if options.only or options.afresh else results.kept()
    if trials:
        print(f"{len(trials)} changes were made before: {path}", file=sys.stderr)
    try:
        for trial in run(options, results, trials):
            print(line_of(trial, options.seed), flush=True)
    except KeyboardInterrupt:
        print("stopped; so far:", file=sys.stderr)
    print(f"{summary(trials, run_tests=options.tests)}\n{path}")
    return int(any(trial.failed for trial in trials))


if __name__ == "__main__":
    # An end by signal, too, sums up, and leaves no daemon and no scratch clone behind.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.default_int_handler)
    sys.exit(main())
