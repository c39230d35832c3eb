from __future__ import annotations

import json
from pathlib import Path

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


def test_a_verdict_names_what_was_missed_and_what_is_extra() -> None:
    found = verdict(frozenset({"a", "b"}), frozenset({"b", "c"}))
    assert (found.selected, found.missed, found.extra) == (("a", "b"), ("c",), ("a",))
    assert not found.exact


def test_a_score_counts_selections_over_all_changes() -> None:
    ten = frozenset(map(str, range(10)))
    exact, too_many = verdict(ten, ten), verdict(ten, frozenset({"1"}))
    missed = verdict(frozenset(), frozenset({"1"}))
    found = score([exact, too_many, missed])
    assert found.precision == 11 / 20
    assert found.recall == 11 / 12
    assert found.exact == 1


def test_nothing_selected_where_nothing_changed_is_exact() -> None:
    found = score([verdict(frozenset(), frozenset())])
    assert (found.precision, found.recall, found.exact) == (1.0, 1.0, 1)


def test_what_is_new_or_differs_has_changed_and_what_is_gone_has_not() -> None:
    before = {"same": "1", "other": "1", "gone": "1"}
    after = {"same": "1", "other": "2", "new": "1"}
    assert changed_between(before, after) == {"other", "new"}


def test_manifests_are_read_from_every_layout(tmp_path: Path) -> None:
    for folder, digest in (("base", "sha256:1"), ("lambdas.some", "sha256:2")):
        layout = tmp_path / folder / "image"
        layout.mkdir(parents=True)
        (layout / "index.json").write_text(json.dumps({"manifests": [{"digest": digest}]}))
    assert manifests(tmp_path) == {"base:image": "sha256:1", "lambdas/some:image": "sha256:2"}


def test_a_process_that_cannot_be_set_up_is_never_what_it_was() -> None:
    assert changed_between({"a": "unknown: b"}, {"a": "unknown: b"}) == {"a"}


def test_the_first_reason_of_what_was_named_too_much() -> None:
    chains = [{"change": {"what": "edited"}, "steps": ["a:b", "c:d"]}]
    targets = [{"address": "c:d", "chains": chains}, {"address": "e:f", "chains": []}]
    assert reasons({"targets": targets}, ["c:d"]) == {"c:d": "edited › a:b › c:d"}


def test_trials_are_read_as_they_were_written() -> None:
    trial = Trial(
        3,
        ("an edit",),
        tests=verdict(frozenset({"a"}), frozenset({"b"})),
        why={"a": "edited"},
        touched=("c",),
    )
    assert from_json(as_json({"seed": 1}, [trial])) == ({"seed": 1}, [trial])
