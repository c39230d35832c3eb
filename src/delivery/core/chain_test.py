"""A ledger's chain: removed, altered, reordered and foreign entries are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from delivery.core import chain as chains
from delivery.core.chain import Anchor, Stored, anchor_of, check_anchors, check_chain, head_of
from delivery.core.entry import Entry
from delivery.core.errors import LedgerError


def chain(length: int) -> list[Stored]:
    made: list[Stored] = []
    for _ in range(length):
        head = head_of(made)
        entry = Entry(
            environment="dev",
            number=head.number + 1,
            previous=head.sha256,
            time=f"2026-11-23T10:00:{head.number:02}Z",
            by="anna",
            kind="held",
            verb="hold",
            config="c",
        )
        made.append(Stored(entry, entry.dump()))
    return made


def test_a_chain_that_nobody_touched_is_sound() -> None:
    check_chain("dev", chain(4))


def test_an_entry_that_is_missing_is_found() -> None:
    with pytest.raises(LedgerError, match="entry 2 is missing"):
        chains.check_numbers("dev", [1, 3, 4])
    entries = chain(4)
    with pytest.raises(LedgerError, match="changed at entry 2"):
        check_chain("dev", [entries[0], *entries[2:]])


def test_an_entry_that_was_altered_is_found_at_the_one_after() -> None:
    entries = chain(4)
    altered = entries[1].entry.model_copy(update={"reason": "another"})
    entries[1] = Stored(altered, altered.dump())
    with pytest.raises(LedgerError, match="changed at entry 3"):
        check_chain("dev", entries)


def test_entries_in_another_order_are_found() -> None:
    entries = chain(4)
    entries[1], entries[2] = entries[2], entries[1]
    with pytest.raises(LedgerError, match="changed at entry 2"):
        check_chain("dev", entries)


def test_an_entry_of_another_environment_is_found() -> None:
    with pytest.raises(LedgerError, match="belongs to dev"):
        check_chain("prod", chain(1))


def test_an_entry_that_is_older_than_the_one_before_is_found() -> None:
    entries = chain(1)
    early = entries[0].entry.model_copy(
        update={"number": 2, "previous": entries[0].sha256, "time": "2026-11-23T09:00:00Z"}
    )
    with pytest.raises(LedgerError, match="before the entry before it"):
        check_chain("dev", [*entries, Stored(early, early.dump())])


def test_a_retired_key_vouches_only_for_what_is_older() -> None:
    entries = chain(2)
    retired = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
    check_chain("dev", [replace(entries[0], retired=retired), entries[1]])
    with pytest.raises(LedgerError, match="retired"):
        check_chain("dev", [entries[0], replace(entries[1], retired=retired)])


def test_a_ledger_that_lost_its_end_is_found_by_what_the_aliases_name() -> None:
    entries = chain(4)
    anchor = anchor_of(f"2026-11-23.1, {Anchor(4, entries[3].sha256)}")
    assert anchor is not None
    check_anchors("dev", entries, [anchor])
    with pytest.raises(LedgerError, match="lacks entry 4"):
        check_anchors("dev", entries[:3], [anchor])
    with pytest.raises(LedgerError, match="lacks entry 3"):
        check_anchors("dev", entries, [Anchor(3, "f" * 64)])
