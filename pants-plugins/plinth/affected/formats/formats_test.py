"""What all formats promise."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from plinth.affected.formats import github, html, json, specs, summary, text
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change

FORMATS = (github, html, json, specs, summary, text)


@pytest.mark.parametrize("format", FORMATS, ids=lambda module: module.__name__)
def test_the_same_answer_is_the_same_text_in_every_process(format: ModuleType) -> None:
    program = (
        "import sys\n"
        f"from {format.__name__} import render\n"
        "from plinth.affected.formats.samples import base_change\n"
        "sys.stdout.buffer.write(render(base_change(20)).encode())\n"
    )
    found = {
        subprocess.run(
            (sys.executable, "-c", program),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {format.render(base_change(20)).encode()}


@pytest.mark.parametrize("format", FORMATS, ids=lambda module: module.__name__)
def test_nothing_affected_and_nothing_known_are_told_apart(format: ModuleType) -> None:
    assert format.render(EMPTY) != format.render(UNKNOWN)
