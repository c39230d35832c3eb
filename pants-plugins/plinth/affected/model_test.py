from __future__ import annotations

from plinth.affected.model import Affected, Answer, Chain, Change, Kind

IMAGE = Affected("base:image", Kind.IMAGE, 0)
TEST = Affected("src/ingestion/aws_test.py:tests", Kind.TEST, 0)
CONTAINER = Affected("lambdas/authorizer:container_test", Kind.CONTAINER_TEST, 1)


def test_a_chain_reads_from_the_change_to_the_target() -> None:
    change = Change("3rdparty/python/requirements.txt", "boto3 1.34.0 → 1.35.0")
    chain = Chain(change, ("3rdparty/python#boto3", "base:image"))
    assert str(chain) == (
        "boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt) "
        "› 3rdparty/python#boto3 › base:image"
    )


def test_waves_hold_each_target_once_in_order() -> None:
    targets = (IMAGE, TEST, CONTAINER)
    answer = Answer("main", "", (), (), targets, ())
    assert answer.waves == ((IMAGE, TEST), (CONTAINER,))


def test_nothing_affected_has_no_wave() -> None:
    assert Answer("main", "", (), (), (), ()).waves == ()
