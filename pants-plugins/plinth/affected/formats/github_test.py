from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given

from plinth.affected.formats import github
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.specs import spec
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Affected, Answer, Kind


def outputs(lines: str) -> dict[str, Any]:
    """What GitHub makes of the lines: a `<<` before the first `=` would begin a text of several."""
    pairs = [line.split("=", 1) for line in lines.splitlines()]
    assert all(name.replace("-", "").isalnum() for name, _ in pairs)
    return {name: json.loads(value) for name, value in pairs}


def specs_of(wave: dict[str, Any]) -> list[str]:
    return [spec for job in wave["include"] for spec in job["specs"].splitlines()]


def test_a_wave_is_a_matrix_with_a_job_for_each_image_and_each_folder_of_tests() -> None:
    answer = base_change(2)
    more = Affected("src/ingestion/api_test.py:tests", Kind.TEST, 0)
    found = outputs(github.render(replace(answer, targets=(more, *answer.targets))))
    assert found["wave-1"] == {
        "include": [
            {"name": "base:image", "specs": "//base:image"},
            {
                "name": "src/ingestion (2 tests)",
                "specs": "//src/ingestion/api_test.py:tests\n//src/ingestion/aws_test.py:tests",
            },
        ]
    }
    assert [job["name"] for job in found["wave-2"]["include"]] == [
        "lambdas/fn_000:image",
        "lambdas/fn_001:image",
    ]
    assert (found["everything"], found["images"], found["tests"]) == (False, 3, 4)
    assert "wave-4" not in found


def test_nothing_affected_has_no_wave() -> None:
    assert outputs(github.render(EMPTY)) == {"everything": False, "images": 0, "tests": 0}


def test_what_could_not_be_listed_is_asked_for_whole() -> None:
    found = outputs(github.render(UNKNOWN))
    assert found["everything"] is True
    assert specs_of(found["wave-1"]) == ["//::"]


def test_a_matrix_has_no_more_jobs_than_github_takes_and_every_target() -> None:
    answer = base_change(1000)
    found = outputs(github.render(answer))
    wave = found["wave-2"]
    assert len(wave["include"]) == github.MATRIX_JOBS
    assert {len(job["specs"].splitlines()) for job in wave["include"]} == {3, 4}
    assert specs_of(wave) == [spec(target.target) for target in answer.waves[1]]


def test_outputs_beyond_what_github_takes_ask_for_everything() -> None:
    found = outputs(github.render(base_change(10_000)))
    assert found["everything"] is False
    assert [specs_of(found["wave-1"]), "wave-2" in found] == [["//::"], False]


@given(answers())
def test_a_file_name_adds_no_output_and_each_target_is_in_its_wave(answer: Answer) -> None:
    lines = github.render(answer)
    assert lines.isascii()
    found = outputs(lines)
    if answer.targets or not answer.everything:
        assert len(found) == 3 + len(answer.waves)
        for number, wave in enumerate(answer.waves, start=1):
            expected = sorted(spec(target.target) for target in wave)
            assert sorted(specs_of(found[f"wave-{number}"])) == expected
