from __future__ import annotations

from plinth.release.util_rules.ids import ids


def test_an_id_is_a_day_and_a_number_within_it() -> None:
    days = ["2026-11-21", "2026-11-22", "2026-11-22", "2026-11-21", "2026-11-23"]
    assert ids(days) == (
        "2026-11-21.1",
        "2026-11-22.1",
        "2026-11-22.2",
        "2026-11-21.2",
        "2026-11-23.1",
    )
