"""Of the two guards that judge locks: what one catches, the other leaves alone."""

from __future__ import annotations

import pytest

from plinth.guardrails.guards import stale_lock, unfit_lock
from plinth.guardrails.repository import LockFile
from plinth.guardrails.testing.seen import seen

HASH = "--hash=sha256:" + "0" * 64
SOUND = f"boto3==1.2 {HASH}\n    # via -r requirements.in\n"


def locks(text: str, requirements: str | None = "boto3\n") -> tuple[LockFile, ...]:
    return (LockFile("a/requirements.txt", text, "a/requirements.in", requirements),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SOUND.replace(f" {HASH}", ""), "1 boto3"),
        (SOUND.replace("==1.2", ">=1.2"), "1 boto3"),
        (SOUND.replace("==1.2", " @ file:///a.whl"), "1 boto3"),
        ("--index-url x\n" + SOUND, "1 names"),
        (f"--extra-index-url=x\n{SOUND}", "1 names"),
        (SOUND.replace("    # via -r requirements.in\n", ""), "1 boto3"),
        ("", "1 holds"),
    ],
)
def test_an_unfit_lock_is_caught(text: str, found: str) -> None:
    assert f"a/requirements.txt:{found}" in seen(unfit_lock.GUARD, locks=locks(text))
    assert seen(stale_lock.GUARD, locks=locks(text)) == []


@pytest.mark.parametrize(
    ("requirements", "found"),
    [
        ("boto3\nrequests\n", "a/requirements.in:2 requests"),
        ("boto3>2\n", "a/requirements.in:1 boto3"),
        ("", "a/requirements.txt:1 boto3"),
        ("boto3[crt]\n", "a/requirements.txt:1 boto3"),
        (None, "a/requirements.txt a/requirements.in"),
    ],
)
def test_a_stale_lock_is_caught(requirements: str | None, found: str) -> None:
    assert seen(stale_lock.GUARD, locks=locks(SOUND, requirements)) == [found]
    assert seen(unfit_lock.GUARD, locks=locks(SOUND, requirements)) == []


@pytest.mark.parametrize("requirements", ["boto3\n", "# why\nBoto3>=1\n"])
def test_a_sound_lock_is_left_alone(requirements: str) -> None:
    assert seen(stale_lock.GUARD, locks=locks(SOUND, requirements)) == []
    assert seen(unfit_lock.GUARD, locks=locks(SOUND, requirements)) == []
