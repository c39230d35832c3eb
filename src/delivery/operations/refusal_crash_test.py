"""AWS refuses each call of a promotion: an error that names it, and nothing mixed."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from delivery.core.errors import DeliveryError
from delivery_testing.kill_table import FIRST, SECOND, rows, settled, smallest_world
from delivery_testing.world import World

REFUSAL = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Any")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_refusal_of_any_call_is_an_error_that_leaves_nothing_mixed(
    tmp_path: Path, lasting: bool
) -> None:
    errors: list[str] = []

    def promotes(aws: World) -> None:
        errors.clear()
        try:
            aws.promote(SECOND, "dev")
        except DeliveryError as error:
            errors.append(str(error))

    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        for row in rows(aws, promotes, REFUSAL, lasting):
            runs = settled(aws, row.where)
            if row.calls.reached and errors:
                assert "AccessDenied" in errors[0], row.where
            else:
                assert runs == SECOND, row.where
    assert len(row.calls.made) > 20
