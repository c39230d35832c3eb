from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from plinth.affected.formats import text
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer


def test_targets_stand_by_wave_under_the_shortest_way_to_them() -> None:
    assert text.render(base_change(2)) == (
        "3 of 4 images and 3 of 103 tests are affected since origin/main (3f2a91c8d0e1).\n"
        "\n"
        "2 changes\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)\n"
        "  edited (src/ingestion/aws.py)\n"
        "\n"
        "Wave 1: 1 image, 1 test\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)"
        " › 3rdparty/python#boto3 › base:third_party ›\n"
        "    base:image  +1\n"
        "  edited (src/ingestion/aws.py) › src/ingestion/aws.py ›\n"
        "    src/ingestion/aws_test.py:tests\n"
        "\n"
        "Wave 2: 2 images\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)"
        " › 3rdparty/python#boto3 › base:third_party › base:image ›\n"
        "    lambdas/fn_000:image  +1\n"
        "    lambdas/fn_001:image  +1\n"
        "\n"
        "Wave 3: 2 container tests\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)"
        " › 3rdparty/python#boto3 › base:third_party › base:image › lambdas/fn_000:image ›\n"
        "    lambdas/fn_000:container_test  +1\n"
        "  boto3 1.34.0 → 1.35.0 (3rdparty/python/requirements.txt)"
        " › 3rdparty/python#boto3 › base:third_party › base:image › lambdas/fn_001:image ›\n"
        "    lambdas/fn_001:container_test  +1\n"
        "\n"
        "+1: one reason more. --explain lists them all.\n"
    )


def test_explain_gives_each_target_all_its_chains() -> None:
    answer = base_change(2)
    lines = text.render(answer, explain=True).splitlines()
    for target in answer.targets:
        place = lines.index(f"  {target.target}")
        chains = lines[place + 1 : place + 1 + len(target.chains)]
        assert chains == [f"    {chain}" for chain in target.chains]


def test_nothing_affected_says_of_how_many() -> None:
    assert text.render(EMPTY) == (
        "0 of 16 images and 0 of 214 tests are affected since origin/main (3f2a91c8d0e1).\n"
    )


def test_everything_is_loud() -> None:
    answer = replace(UNKNOWN, targets=base_change(1).targets)
    reason = f"EVERYTHING IS AFFECTED, because {answer.everything[0]}"
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
