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


def test_the_line_closes_the_output_and_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    """A clone whose `./pants test` writes one report, and says that a second file timed out."""
    shutil.copytree(ROOT / "ci", tmp_path / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    tools = tmp_path / "3rdparty/tools"
    tools.mkdir(parents=True)
    shutil.copy2(ROOT / "3rdparty/tools/python", tools / "python")
    stale = tmp_path / "dist/test/reports/removed.xml"
    stale.parent.mkdir(parents=True)
    stale.write_text(report("", "", ""))
    pants = script(
        tmp_path / "pants",
        "mkdir -p $PANTS_TEST_REPORT_DIR",
        f'[ "$PANTS_TEST_REPORT" = true ] && echo "{report("", "")}" >$PANTS_TEST_REPORT_DIR/a.xml',
        "echo '✓ a_test.py succeeded in 1.00s.' >&2",
        "echo '✕ b_test.py failed in 60.00s.' >&2",
        "exit 1",
    )

    closed = run([tmp_path / "ci/tally", pants, "test", "::"], dict(os.environ), tmp_path)

    assert closed.returncode == 1
    assert closed.stdout.splitlines() == [
        "✓ a_test.py succeeded in 1.00s.",
        "✕ b_test.py failed in 60.00s.",
        "2 passed, 1 failed",
    ]
