from __future__ import annotations

import pytest

from containers.answer import Answer
from containers.contract import Refusal


@pytest.mark.parametrize(
    ("refusal", "matches"),
    [
        (Refusal({}, status=400, says="the name"), True),
        (Refusal({}, status=400, says="the size"), False),
        (Refusal({}, status=404, says="the name"), False),
        (Refusal({}, error="BadEvent", says="the name"), False),
    ],
)
def test_a_refusal_is_a_kind_and_a_reason(refusal: Refusal, matches: bool) -> None:
    assert refusal.matches(Answer({"statusCode": 400, "body": "the name is bad"})) is matches
