"""Runs a command that runs `./pants test`, and closes with the tests' own counts.

    ci/tally make test

Pants counts files; this adds up the tests in them, from the reports that pants.toml has it write.
Ends with the line `N passed, N failed` and the command's exit code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_REPORTS = "dist/test/reports"
# How Pants' summary marks a file of tests that failed.
_FAILED_FILE = "✕ "


@dataclass(frozen=True)
class Tally:
    """Numbers of tests. An error outside a test's body, such as in a fixture, is a failure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """Skipped tests are said too; the closing line stays plain."""
        skipped = (f"{self.skipped} skipped",) if self.skipped else ()
        return (*skipped, f"{self.passed} passed, {self.failed} failed")


def main(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if argv else 2
    # Reports of an earlier run would be counted again.
    shutil.rmtree(ROOT / _REPORTS, ignore_errors=True)
    code, failed_files = _run(argv)
    reports = tuple(tally(path.read_text()) for path in (ROOT / _REPORTS).glob("**/*.xml"))
    counted = total(reports, failed_files)
    if code and not counted.failed:
        print(
            f"`{' '.join(argv)}` ended with {code}, and not for a test: what it said stands above"
        )
    print("\n".join(counted.lines))
    return code


def tally(report: str) -> Tally:
    """The counts of one JUnit XML document."""
    cases = ElementTree.fromstring(report).findall(".//testcase")
    failed = [case for case in cases if _has(case, "failure") or _has(case, "error")]
    skipped = [case for case in cases if case not in failed and _has(case, "skipped")]
    return Tally(len(cases) - len(failed) - len(skipped), len(failed), len(skipped))


def total(reports: tuple[Tally, ...], failed_files: int) -> Tally:
    """The sum. A file that failed without a report, such as by its timeout, is one failure."""
    without_report = failed_files - sum(1 for report in reports if report.failed)
    return sum(reports, Tally(failed=max(0, without_report)))


def _has(case: ElementTree.Element, tag: str) -> bool:
    return case.find(tag) is not None


def _run(command: list[str]) -> tuple[int, int]:
    """Runs it and passes on what it prints: its exit code, and how many files Pants says failed."""
    environment = {**os.environ, "PANTS_COLORS": "false"}
    failed = 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
            failed += line.decode(errors="replace").startswith(_FAILED_FILE)
    return process.returncode, failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
