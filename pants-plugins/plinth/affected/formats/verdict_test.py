from __future__ import annotations

from dataclasses import replace

import pytest

from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.verdict import verdict
from plinth.affected.model import Answer, Kind, Unaffected

BASE = base_change(4)
LAMBDA = BASE.targets[2]


def only(*kinds: Kind, of: Answer = BASE) -> Answer:
    return replace(of, targets=tuple(target for target in of.targets if target.kind in kinds))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (EMPTY, "Nothing that ships or is tested will differ."),
        (UNKNOWN, "It is not known what this change reaches: build and test everything."),
        (only(Kind.TEST), "No image will differ. 1 test runs."),
        (BASE, "5 of 6 images will differ, because of 2 changes. 5 tests run first."),
        (
            replace(only(Kind.IMAGE), unaffected=Unaffected()),
            "All 5 images will differ, because of 2 changes. No test runs first.",
        ),
        (
            replace(BASE, targets=(replace(LAMBDA, chains=LAMBDA.chains[:1]),)),
            "Only lambdas/fn_000:image will differ, because of boto3 1.34.0 → 1.35.0. "
            "No test runs first.",
        ),
    ],
)
def test_a_sentence_for_the_reviewer(answer: Answer, expected: str) -> None:
    assert verdict(answer) == expected


def test_a_few_images_are_named() -> None:
    images = [replace(target, chains=target.chains[:1]) for target in BASE.targets[2:5]]
    assert verdict(replace(BASE, targets=tuple(images))).startswith(
        "Only lambdas/fn_000:image, lambdas/fn_001:image and lambdas/fn_002:image will differ, "
    )
