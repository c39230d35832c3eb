from __future__ import annotations

from proof.outcomes import Outcome, outcomes, touched

LOG = """\
10:00:00.00 [INFO] Completed: Run Pytest - a_test.py:tests succeeded.
✓ src/a_test.py:tests succeeded in 0.35s (cached locally).
✓ src/b_test.py:tests succeeded in 1.20s.
✕ lambdas/c/d_test.py:tests failed in 2.00s (memoized).
"""


def test_what_pants_sums_up() -> None:
    assert outcomes(LOG) == {
        "src/a_test.py:tests": Outcome(passed=True, anew=False),
        "src/b_test.py:tests": Outcome(passed=True, anew=True),
        "lambdas/c/d_test.py:tests": Outcome(passed=False, anew=False),
    }


def test_tests_that_ran_or_end_otherwise_were_touched() -> None:
    cached, ran = Outcome(passed=True, anew=False), Outcome(passed=True, anew=True)
    failed = Outcome(passed=False, anew=False)
    before = {"same": ran, "ran": cached, "fails": cached, "gone": cached}
    after = {"same": cached, "ran": ran, "fails": failed, "new": cached}
    assert touched(before, after) == {"ran", "fails", "new"}
