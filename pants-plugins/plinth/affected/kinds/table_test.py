from __future__ import annotations

import pytest

from plinth.affected.compare import Comparison
from plinth.affected.kinds.table import KINDS
from plinth.affected.kinds.words import About
from plinth.affected.reasons import Reasons
from plinth.affected.testing.samples import (
    DEBIAN,
    EVERY_TEST,
    LOCK,
    distribution,
    document,
    file,
    giving,
    owning,
)
from plinth.fingerprint.document import Document
from plinth.fingerprint.part import Part

IMAGE, TEST = "lambdas/docs:image", "lambdas/docs/handler_test.py:tests"

# For each kind, a state that differs from the sample by a part of this kind alone.
STATES = {
    "argument": document(owning(IMAGE, Part("argument", "", "STAGE", "dev"))),
    "assembler": document(owning(IMAGE, Part("assembler", "", "other", "code"))),
    "configuration": document(owning(TEST, Part("configuration", "", "pytest.ini", "1"))),
    "distribution": document(giving("3rdparty#boto3", distribution("boto3", "1.35.0"))),
    "field": document(owning(TEST, Part("field", "lambdas/docs:tests", "timeout", "3"))),
    "file": document(giving("lambdas/docs/handler.py", file("lambdas/docs/handler.py", "2"))),
    "instruction": document(owning(IMAGE, Part("instruction", "", "009", "USER x"))),
    "interpreter": document(owning(TEST, Part("interpreter", "", "", "CPython==3.12.*"))),
    "label": document(owning(IMAGE, Part("label", "", "team", "us"))),
    "layer": document(owning(IMAGE, Part("layer", "", "lambdas/docs/code.tar", "/opt"))),
    "option": document(giving(EVERY_TEST, Part("option", "pants.toml", "[test] timeout", "2"))),
    "package": document(giving(DEBIAN), owning("base:image", Part("package", "", "tzdata", "2"))),
    "requirement": document(owning(TEST, Part("requirement", "", "boto3>=1", ""))),
    "source": document(owning(IMAGE, Part("source", "", "docs/more.py", "0644 sha256:1"))),
    "tool": document(giving(EVERY_TEST, Part("tool", LOCK, "pex", "2 hashes 1"))),
    "tool file": document(giving(EVERY_TEST, Part("tool file", "", "pants", "2"))),
    "unknown": document(owning(TEST, Part("unknown", "", TEST, "nobody knows"))),
}


def chains(state: Document, table: object = KINDS) -> dict[str, list[str]]:
    comparison = Comparison(document(), state)
    reasons = Reasons(comparison, About(), table)  # type: ignore[arg-type]
    return {spec: [str(each) for each in reasons.chains(spec)] for spec in comparison.affected}


def test_every_kind_has_a_state() -> None:
    assert set(STATES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_its_kind_the_answer_is_the_same_in_worse_words(kind: str) -> None:
    poorer = {name: words for name, words in KINDS.items() if name != kind}
    with_words, without = chains(STATES[kind]), chains(STATES[kind], poorer)
    assert with_words
    assert set(without) == set(with_words)
    assert all(without.values())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_any_words_the_answer_is_the_same(kind: str) -> None:
    assert set(chains(STATES[kind], {})) == set(chains(STATES[kind]))
