from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from plinth.affected.formats import text
from plinth.affected.formats.samples import AWS, EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.formats.wrapped import width
from plinth.affected.model import Answer, Chain, Change


def test_targets_stand_by_wave_above_the_shortest_way_to_them() -> None:
    assert text.render(base_change(2)) == (
        "3 of 4 images and 3 of 103 tests are affected since origin/main (3f2a91c8).\n"
        "\n"
        "2 changes\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)\n"
        "  edited (src/ingestion/aws.py)\n"
        "\n"
        "Wave 1: 1 image, 1 test\n"
        "  base:image  +1\n"
        "    ← boto3 1.34.0 → 1.35.0 › base:third_party\n"
        "  src/ingestion/aws_test.py:tests\n"
        "    ← src/ingestion/aws.py\n"
        "\n"
        "Wave 2: 2 images\n"
        "  lambdas/fn_000:image  +1\n"
        "  lambdas/fn_001:image  +1\n"
        "    ← boto3 1.34.0 → 1.35.0 › base:third_party › base:image\n"
        "\n"
        "Wave 3: 2 container tests\n"
        "  lambdas/fn_000:container_test  +1\n"
        "    ← boto3 1.34.0 → 1.35.0 › base:third_party › base:image\n"
        "      › lambdas/fn_000:image\n"
        "  lambdas/fn_001:container_test  +1\n"
        "    ← boto3 1.34.0 → 1.35.0 › base:third_party › base:image\n"
        "      › lambdas/fn_001:image\n"
        "\n"
        "+1: one reason more. --explain lists them all.\n"
        'Next: ./pants affected --since=origin/main --run="test package"\n'
    )


def test_explain_gives_each_target_all_its_chains() -> None:
    lines = text.render(base_change(2), explain=True).splitlines()
    place = lines.index("  lambdas/fn_000:image")
    assert lines[place + 1 : place + 3] == [
        "    ← boto3 1.34.0 → 1.35.0 › base:third_party › base:image",
        "    ← src/ingestion/aws.py › base:library › base:image",
    ]


def test_a_goal_that_runs_needs_no_next_command() -> None:
    assert "Next:" not in text.render(base_change(2), advice=False)
    assert "Next:" not in text.render(EMPTY)


def test_the_next_command_is_safe_to_paste() -> None:
    answer = replace(base_change(1), since="x; reboot")
    assert text.render(answer).endswith("--since='x; reboot' --run=\"test package\"\n")


def test_a_long_list_of_changes_is_cut_and_counted() -> None:
    changes = tuple(Change(f"src/{number:03}.py", "edited") for number in range(50))
    answer = replace(base_change(1), changes=changes)
    assert "  and 30 more: --explain lists them all\n" in text.render(answer)
    assert "src/049.py" in text.render(answer, explain=True)


def test_80_columns_hold_every_line_of_a_real_answer() -> None:
    steps = tuple(f"src/ingestion/module_{number}.py" for number in range(9))
    target = replace(
        base_change(1).targets[0], chains=(Chain(AWS, (AWS.path, *steps, "base:image")),)
    )
    answer = replace(
        base_change(1),
        targets=(target,),
        everything=(
            "pants-plugins/plinth/oci/dockerfile/plan.py edited: the code that makes every image",
        ),
    )
    for explain in (False, True):
        lines = text.render(answer, explain=explain).splitlines()
        assert max(map(width, lines)) <= 80
        assert sum("› src/ingestion/module_" in line for line in lines) > 2


def test_nothing_affected_says_of_how_many() -> None:
    assert text.render(EMPTY) == (
        "0 of 16 images and 0 of 214 tests are affected since origin/main (3f2a91c8).\n"
    )


def test_everything_is_loud() -> None:
    answer = replace(UNKNOWN, targets=base_change(1).targets)
    reason = "EVERYTHING IS AFFECTED, because lambdas/authorizer/BUILD:1 does not parse."
    assert text.render(answer).splitlines()[1] == reason
    assert f"\x1b[1;31m{reason}\x1b[0m" in text.render(answer, color=True)


@given(answers())
def test_a_file_name_cannot_write_to_the_terminal(answer: Answer) -> None:
    for explain in (False, True):
        lines = text.render(answer, explain=explain).split("\n")
        assert all(line.isprintable() for line in lines)
        "\n".join(lines).encode()


@given(answers())
def test_colour_changes_no_word(answer: Answer) -> None:
    coloured = text.render(answer, color=True)
    for code in ("0", "1", "2", "1;31", "1;36", "32"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == text.render(answer)
