from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from plinth.images.fingerprint import Part
from plinth.release.diff import differences
from plinth.release.testing.releases import images, made_of, release_of

BEFORE = (
    Part("assembler", "", "", "one"),
    Part("base", "", "", "fingerprint 1"),
    Part("distribution", "x/third_party.tar", "boto3", "1.0 hashes aa"),
    Part("distribution", "x/third_party.tar", "idna", "3.0 hashes aa"),
    Part("distribution", "x/third_party.tar", "six", "1.16 hashes aa"),
    Part("interpreter", "x/code.tar", "libc6", "2.36-1 sha256:aa"),
    Part("interpreter", "x/third_party.tar", "libc6", "2.36-1 sha256:aa"),
    Part("source", "x/code.tar", "x/gone.py", "0644 sha256:aa"),
    Part("source", "x/code.tar", "x/handler.py", "0644 sha256:aa"),
)
AFTER = (
    Part("assembler", "", "", "two"),
    Part("base", "", "", "fingerprint 2"),
    Part("distribution", "x/third_party.tar", "attrs", "23.1 hashes aa"),
    Part("distribution", "x/third_party.tar", "boto3", "1.1 hashes bb"),
    Part("distribution", "x/third_party.tar", "idna", "3.0 hashes bb"),
    Part("interpreter", "x/code.tar", "libc6", "2.36-2 sha256:bb"),
    Part("interpreter", "x/third_party.tar", "libc6", "2.36-2 sha256:bb"),
    Part("source", "x/code.tar", "x/handler.py", "0644 sha256:bb"),
    Part("source", "x/code.tar", "x/new.py", "0644 sha256:aa"),
)


def test_each_image_that_differs_says_by_what(tmp_path: Path) -> None:
    old = images(tmp_path, changed="1", gone="1", same="1")
    new = images(tmp_path, added="1", changed="2", same="1")
    before, after = release_of("2026-11-22.1", old), release_of("2026-11-23.1", new)
    made = (
        [made_of(old["changed"][1], *BEFORE)],
        [made_of(new["changed"][1], *AFTER)],
    )
    was, now = old["changed"][1].digest, new["changed"][1].digest
    assert list(differences(before, after, made)) == [
        f"2026-11-22.1 ({before.commit[:12]}) -> 2026-11-23.1 ({after.commit[:12]})",
        "added: added",
        f"changed: {was} -> {now}",
        "  other assembler: one -> two",
        "  base changed",
        "  package attrs: none -> 23.1",
        "  package boto3: 1.0 -> 1.1",
        "  package idna: 3.0, with other files",
        "  package six: 1.16 -> none",
        "  package libc6: 2.36-1 -> 2.36-2",
        "  file x/gone.py: removed",
        "  file x/handler.py: changed",
        "  file x/new.py: added",
        "gone: removed",
        "1 unchanged: same",
    ]


def test_an_image_may_differ_by_what_replaced_locked_packages(tmp_path: Path) -> None:
    found = images(tmp_path, a="1"), images(tmp_path, a="2")
    before, after = (release_of("2026-11-22.1", each) for each in found)
    unlocked = replace(after.images[0], unlocked=("libc6 2.36-2 (locked 2.36-1)",))
    lines = list(differences(before, replace(after, images=(unlocked,)), ([], [])))
    assert lines[2:] == ["  unlocked libc6 2.36-2 (locked 2.36-1)"]


def test_a_difference_without_a_cause_is_said_to_be_one(tmp_path: Path) -> None:
    found = images(tmp_path, a="1"), images(tmp_path, a="2")
    before, after = (release_of("2026-11-22.1", each) for each in found)
    lines = list(differences(before, after, ([], [])))
    assert lines[2:] == ["  of the same inputs: the build is not reproducible"]
