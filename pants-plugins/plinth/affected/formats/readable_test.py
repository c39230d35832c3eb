from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from plinth.affected.formats.readable import brief, readable
from plinth.affected.formats.samples import AWS, BOTO3, EMPTY, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Affected, Answer, Chain, Change, Kind

BUILD = "lambdas/hello/BUILD"
IMAGE = "lambdas/hello:image"
NEW_LAMBDA = (
    Change(BUILD, "added"),
    Change(BUILD, "lambdas/hello:code new"),
    Change(BUILD, f"{IMAGE} new"),
    Change(BUILD, f"{IMAGE}: sources"),
    Change("lambdas/hello/events/one.json", "added"),
    Change("lambdas/hello/handler.py", "added"),
)


def answer(*targets: Affected, changes: tuple[Change, ...]) -> Answer:
    return replace(EMPTY, changes=changes, targets=targets)


def test_a_new_lambda_is_one_change_and_a_target_has_it_as_one_reason() -> None:
    image = Affected(
        IMAGE,
        Kind.IMAGE,
        0,
        (
            Chain(NEW_LAMBDA[2], (IMAGE,)),
            Chain(NEW_LAMBDA[-1], ("lambdas/hello/handler.py", "lambdas/hello:code", IMAGE)),
        ),
    )
    found = readable(answer(image, changes=(*NEW_LAMBDA, AWS)))
    one = Change("", "new lambda hello (3 files, 2 targets)")
    assert found.changes == (one, AWS)
    assert found.targets == (replace(image, chains=(Chain(one, (IMAGE,)),)),)


def test_a_removed_folder_is_one_change_and_those_inside_it_too() -> None:
    changes = tuple(
        Change(path, "deleted") for path in ("src/old/BUILD", "src/old/in/BUILD", "src/old/a.py")
    )
    assert readable(answer(changes=changes)).changes == (Change("", "removed src/old (3 files)"),)


def test_a_folder_that_was_there_is_not_called_new() -> None:
    edited = (Change("lambdas/hello/BUILD", "added"), Change("lambdas/hello/handler.py", "edited"))
    alone = (Change("lambdas/hello/BUILD", "added"),)
    for changes in (edited, alone):
        assert readable(answer(changes=changes)).changes == changes


def test_a_step_that_its_change_names_is_left_out() -> None:
    told = readable(base_change(1))
    chains = {target.target: target.chains for target in told.targets}
    assert chains["base:image"] == (
        Chain(BOTO3, ("base:third_party", "base:image")),
        Chain(AWS, ("base:library", "base:image")),
    )
    assert chains["src/ingestion/aws_test.py:tests"] == (
        Chain(AWS, ("src/ingestion/aws_test.py:tests",)),
    )


def test_a_changed_target_is_not_left_out_of_its_own_chain() -> None:
    change = Change(BUILD, f"{IMAGE}: dependencies")
    target = Affected(IMAGE, Kind.IMAGE, 0, (Chain(change, (IMAGE,)),))
    assert readable(answer(target, changes=(change,))).targets == (target,)


def test_a_file_stands_for_its_edit_and_a_version_for_itself() -> None:
    assert (brief(AWS), brief(BOTO3)) == ("src/ingestion/aws.py", "boto3 1.34.0 → 1.35.0")


@given(answers())
def test_nothing_that_decides_is_lost(found: Answer) -> None:
    told = readable(found)
    assert [replace(target, chains=()) for target in told.targets] == [
        replace(target, chains=()) for target in found.targets
    ]
    for before, after in zip(found.targets, told.targets):
        assert bool(before.chains) == bool(after.chains)
        assert all(chain.steps[-1] == after.target for chain in after.chains)
    assert bool(told.changes) == bool(found.changes)
