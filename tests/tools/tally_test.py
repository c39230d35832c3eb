from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tools.support import ROOT, load, run, script

tally = load("tally", "ci")


def report(*cases: str) -> str:
    inside = "".join(f"<testcase name='t'>{case}</testcase>" for case in cases)
    return f"<testsuites><testsuite>{inside}</testsuite></testsuites>"


@pytest.mark.parametrize(
    ("cases", "counts"),
    [
        ((), (0, 0, 0)),
        (("", ""), (2, 0, 0)),
        (("", "<failure/>"), (1, 1, 0)),
        (("<error/>",), (0, 1, 0)),
        (("<skipped/>", ""), (1, 0, 1)),
        # pytest reports a test that fails, and whose teardown fails too, as one case with both.
        (("<failure/><error/>",), (0, 1, 0)),
    ],
)
def test_a_report_is_counted(cases: tuple[str, ...], counts: tuple[int, int, int]) -> None:
    assert tally.tally(report(*cases)) == tally.Tally(*counts)


def test_a_file_that_failed_without_a_report_is_a_failure() -> None:
    reports = (tally.Tally(passed=3), tally.Tally(passed=1, failed=2))

    assert tally.total(reports, failed_files=1) == tally.Tally(passed=4, failed=2)
    # The second was stopped at its time limit.
    assert tally.total(reports, failed_files=2) == tally.Tally(passed=4, failed=3)


def test_skipped_tests_are_said_and_the_closing_line_stays_plain() -> None:
    assert tally.Tally(passed=2).lines == ("2 passed, 0 failed",)
    assert tally.Tally(2, 1, 3).lines == ("3 skipped", "2 passed, 1 failed")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "ci", tmp_path / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    tools = tmp_path / "3rdparty/tools"
    tools.mkdir(parents=True)
    shutil.copy2(ROOT / "3rdparty/tools/python", tools / "python")
    return tmp_path


def test_the_line_closes_the_output_and_the_exit_code_is_the_commands(clone: Path) -> None:
    """Its `./pants test` writes one report, and says that a second file timed out."""
    stale = clone / "dist/test/reports/removed.xml"
    stale.parent.mkdir(parents=True)
    stale.write_text(report("", "", ""))
    pants = script(
        clone / "pants",
        f"mkdir -p {stale.parent}",
        f'echo "{report("", "")}" >{stale.parent}/a.xml',
        "echo '✓ a_test.py succeeded in 1.00s.' >&2",
        "echo '✕ b_test.py failed in 60.00s.' >&2",
        "exit 1",
    )

    closed = run([clone / "ci/tally", pants, "test", "::"], dict(os.environ))

    assert closed.returncode == 1
    assert closed.stdout.splitlines() == [
        "✓ a_test.py succeeded in 1.00s.",
        "✕ b_test.py failed in 60.00s.",
        "2 passed, 1 failed",
    ]


def test_a_run_that_fails_before_its_tests_says_so(clone: Path) -> None:
    closed = run(
        [clone / "ci/tally", "bash", "-c", "echo no such target; exit 3"], dict(os.environ)
    )

    assert closed.returncode == 3
    assert closed.stdout.splitlines() == [
        "no such target",
        "`bash -c echo no such target; exit 3` ended with 3, and not for a test: what it said "
        "stands above",
        "0 passed, 0 failed",
    ]
