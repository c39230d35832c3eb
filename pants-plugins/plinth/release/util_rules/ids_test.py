from __future__ import annotations

import pytest

from plinth.release.errors import ReleaseError
from plinth.release.util_rules.ids import days, ids


def test_an_id_is_a_day_and_a_number_within_it() -> None:
    listed = ["2026-11-21", "2026-11-22", "2026-11-22", "2026-11-21", "2026-11-23"]
    assert ids(listed) == (
        "2026-11-21.1",
        "2026-11-22.1",
        "2026-11-22.2",
        "2026-11-21.2",
        "2026-11-23.1",
    )


def test_a_commit_s_day_is_that_of_its_time_in_utc() -> None:
    commit = "a" * 40
    assert days(f"1795305599 {commit}\n1795305600 {commit}\n") == ("2026-11-21", "2026-11-22")


@pytest.mark.parametrize("line", ["No signature", f"{'a' * 40}", f"1795305600 {'a' * 39}"])
def test_what_is_no_commit_is_an_error(line: str) -> None:
    with pytest.raises(ReleaseError, match="where a commit and its time are due"):
        days(f"{line}\n")
