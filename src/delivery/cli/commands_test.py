"""Every command by its command line: exit code, `--json` alone on stdout, and text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from delivery.cli import app, inspection, promotion, signature
from delivery.cli.app import DONE, DRIFT, FAILED, USAGE, main, run
from delivery.operations.delivery import load
from delivery_testing.crash import counted
from delivery_testing.moto_corrections import Behaviour, Unhandled
from delivery_testing.rewind import Moment
from delivery_testing.world import World, world

# Each adds its commands when it is imported.
COMMANDS = (inspection, promotion, signature)
FIRST, SECOND = "2026-11-23.1", "2026-11-23.2"
EXPIRES_ALL = """{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any",
 "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1},
 "action": {"type": "expire"}}]}"""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Moment]]:
    """Two environments; dev had FIRST, then SECOND. Made once for all tests."""
    folder = tmp_path_factory.mktemp("delivery")
    with world(folder, ("dev", "prod"), ("authorizer", "docs")) as made:
        made.promote(made.release(FIRST), "dev")
        made.promote(made.release(SECOND), "dev")
        yield made, Moment(made.behaviour)


@pytest.fixture
def aws(once: tuple[World, Moment], monkeypatch: pytest.MonkeyPatch) -> World:
    made, moment = once
    moment.restore()
    made.behaviour.answer = Behaviour().answer
    made.environments = ("dev", "prod")
    made.configure()
    monkeypatch.setenv("DELIVERY_CONFIG", str(made.folder / "delivery.toml"))
    monkeypatch.setattr(app, "load", lambda path, progress: load(path, progress, made.aws))
    return made


def drifted(aws: World) -> None:
    aws.move_by_hand("dev", "docs", "1")


def broken(aws: World) -> None:
    def fails(function: str, digest: str, event: object) -> object:
        raise Unhandled("no such table")

    aws.behaviour.answer = fails


def unsigned(aws: World) -> None:
    aws.release("2026-11-23.3", signed=False)


def never_signed(aws: World) -> None:
    aws.release("2026-11-23.4", signed=False)


def interrupted(aws: World) -> None:
    with counted(at="PublishVersion"):
        aws.promote(aws.release("2026-11-23.5"), "dev")


def policy(aws: World) -> None:
    """And what ECR would list."""
    (aws.folder / "policy.json").write_text(EXPIRES_ALL)
    images = [
        {
            "repositoryName": f"lambdas/{name}",
            "imageDigest": digest,
            "imagePushedAt": "2026-01-01T00:00:00Z",
        }
        for name, digest in aws.wanted(SECOND).items()
    ]
    (aws.folder / "images.json").write_text(json.dumps({"imageDetails": images}))


def unadopted(aws: World) -> None:
    aws.environments = ("dev", "prod", "new")
    aws.configure()


def nothing(aws: World) -> None:
    pass


Case = tuple[str, Callable[[World], None], int]
CASES: tuple[Case, ...] = (
    ("status", nothing, DONE),
    ("status", drifted, DRIFT),
    ("status dev", drifted, DRIFT),
    ("status prod", drifted, DONE),
    ("board -o FOLDER/board.html", nothing, DONE),
    (f"board {FIRST} -o FOLDER/board.html", drifted, DRIFT),
    ("verify dev", nothing, DONE),
    ("verify dev", drifted, DRIFT),
    ("verify dev", broken, DRIFT),
    ("history", nothing, DONE),
    ("history prod", nothing, DONE),
    ("adopt new", unadopted, DONE),
    ("adopt dev", nothing, FAILED),
    ("in-use", nothing, DONE),
    ("check-lifecycle FOLDER/policy.json --images FOLDER/images.json", policy, FAILED),
    ("check-lifecycle FOLDER/policy.json --images FOLDER/images.json --within 0", policy, FAILED),
    (f"sign {SECOND}", nothing, DONE),
    ("sign 2026-11-23.3", unsigned, DONE),
    ("public-key", nothing, DONE),
    ("public-key --ledger", nothing, DONE),
    (f"plan {SECOND} --to prod", nothing, DONE),
    (f"plan {SECOND} --to prod -o FOLDER/plan.json", nothing, DONE),
    ("plan 2026-11-23.4 --to prod", never_signed, FAILED),
    (f"promote {SECOND} --to prod", nothing, DONE),
    (f"promote {SECOND} --to dev", drifted, DONE),
    ("promote 2026-11-23.4 --to dev", never_signed, FAILED),
    ("rollback dev", nothing, DONE),
    (f"rollback dev --to {FIRST} -m slow", nothing, DONE),
    ("rollback prod", nothing, FAILED),
    ("resume dev", nothing, DONE),
    ("resume dev", interrupted, DONE),
    ("hold dev -m audit", nothing, DONE),
    (f"plan {SECOND} --to prod -o FOLDER/no/plan.json", nothing, FAILED),
    ("board -o FOLDER/no/board.html", nothing, FAILED),
    ("promote --plan FOLDER/delivery.toml", nothing, FAILED),
)


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize(
    ("line", "before", "code"), CASES, ids=[f"{line}, {how.__name__}" for line, how, _ in CASES]
)
def test_how_a_command_ends(
    aws: World,
    capsys: Any,
    line: str,
    before: Callable[[World], None],
    code: int,
    as_json: bool,
) -> None:
    before(aws)
    capsys.readouterr()
    arguments = [each.replace("FOLDER", str(aws.folder)) for each in line.split()]
    assert run([*arguments, *(["--json"] if as_json else [])]) == code
    printed = capsys.readouterr()
    if as_json:
        document = json.loads(printed.out)
        assert (isinstance(document, dict) and "error" in document) == bool(printed.err)
    else:
        assert printed.out.strip() or "\ndelivery: " in f"\n{printed.err}"


@pytest.mark.parametrize(
    "line",
    [
        "hold dev -m EMPTY",
        f"promote {SECOND} --to dev --lift-hold EMPTY",
        "in-use --entries -1",
        "check-lifecycle policy.json --within -1",
    ],
)
def test_a_value_that_says_nothing_is_wrong_usage(aws: World, capsys: Any, line: str) -> None:
    arguments = ["" if each == "EMPTY" else each for each in line.split()]
    assert run(arguments) == USAGE
    assert "Invalid value" in capsys.readouterr().err


def test_a_plan_is_carried_out_with_the_reasons_that_it_was_made_with(
    aws: World, capsys: Any
) -> None:
    aws.configure(dev='overrides = {lift-hold = ["*"]}')
    assert run(["hold", "dev", "-m", "audit"]) == DONE
    plan = str(aws.folder / "plan.json")
    assert run(["plan", SECOND, "--to", "dev", "--lift-hold", "over", "-o", plan]) == DONE
    assert run(["promote", "--plan", plan]) == DONE
    assert aws.stage("dev").entries[-2].overrides or aws.stage("dev").hold is None
    # Once: the environment has moved on.
    assert run(["promote", "--plan", plan]) == FAILED
    assert "the ledger went on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("at", "says"),
    [("PublishVersion", "was given up: nothing had moved"), ("UpdateAlias", "was finished")],
)
def test_resume_prints_what_became_of_it(aws: World, capsys: Any, at: str, says: str) -> None:
    release = aws.release(f"2026-11-23.{6 if at == 'UpdateAlias' else 7}")
    with counted(at=at):
        aws.promote(release, "dev")
    assert run(["resume", "dev"]) == DONE
    assert f"the promote of {release} {says}" in capsys.readouterr().out


def test_a_key_that_is_not_in_the_repository_yet_can_be_printed(aws: World, capsys: Any) -> None:
    aws.configure(keys='public_keys = [{file = "soon.pem"}]')
    for arguments in (["public-key"], ["public-key", "--ledger"]):
        assert run(arguments) == DONE
        assert "BEGIN PUBLIC KEY" in capsys.readouterr().out
    aws.configure(keys='public_keys = [{file = "one.pem"}]')


def test_every_command_is_in_the_table() -> None:
    assert {line.split()[0] for line, _, _ in CASES} == set(main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_with_an_example(name: str, capsys: Any) -> None:
    assert run([name, "--help"]) == DONE
    assert f"delivery {name}" in capsys.readouterr().out.partition("Examples:")[2]
