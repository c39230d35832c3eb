"""What all formats promise."""

from __future__ import annotations

import subprocess
import sys

import pytest

from plinth.affected.formats.choice import Format, render
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change


@pytest.mark.parametrize("format", Format)
def test_the_same_answer_is_the_same_text_in_every_process(format: Format) -> None:
    program = (
        "import sys\n"
        "from plinth.affected.formats.choice import Format, render\n"
        "from plinth.affected.formats.samples import base_change\n"
        f"text = render(base_change(20), Format({format.value!r}), color=False, explain=False)\n"
        "sys.stdout.buffer.write(text.encode())\n"
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
    assert found == {render(base_change(20), format, color=False, explain=False).encode()}


@pytest.mark.parametrize("format", Format)
def test_nothing_affected_and_nothing_known_are_told_apart(format: Format) -> None:
    empty, unknown = (
        render(answer, format, color=False, explain=False) for answer in (EMPTY, UNKNOWN)
    )
    assert empty != unknown


def test_only_text_has_colours_and_explains() -> None:
    answer = base_change(2)
    for format in Format:
        plain = render(answer, format, color=False, explain=False)
        assert (render(answer, format, color=True, explain=False) != plain) is (
            format is Format.TEXT
        )
        assert (render(answer, format, color=False, explain=True) != plain) is (
            format is Format.TEXT
        )
