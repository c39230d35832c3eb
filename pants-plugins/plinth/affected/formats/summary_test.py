from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given

from plinth.affected.formats import summary
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer, Change

_CODE = r"(?P<fence>`+)(?: .* |[^`]+)(?P=fence)"
_PROSE = r"(\\[!-/:-@\[-`{-~]|[^!-/:-@\[-`{-~])*"
_LINE = re.compile(
    r"(### |> \*\*Everything is affected\*\*, because )" + _PROSE + "|"
    r"\*\*" + _PROSE + r"\*\*"
    r"|> \[!WARNING\]"
    rf"| *- {_CODE}"
    r"|<details( open)?><summary>[A-Za-z0-9:, ]+</summary>|</details>"
)


def prose(text: str) -> list[str]:
    """The lines outside of the graph that hold something."""
    lines = re.sub(r"```mermaid\n.*?```", "", text, flags=re.DOTALL).split("\n")
    return [line for line in lines if line]


def test_headline_graph_changes_and_waves() -> None:
    text = summary.render(base_change(2))
    assert text.startswith("### 3 of 4 images and 3 of 103 tests are affected since origin\\/main")
    assert "```mermaid\nflowchart LR\n" in text
    assert "<details open><summary>Wave 2: 2 images</summary>\n\n- `boto3 1.34.0" in text
    targets = "\n  - `lambdas/fn_000:image`\n  - `lambdas/fn_001:image`\n"
    assert f"› base:third_party › base:image ›`{targets}" in text


def test_long_lists_begin_closed() -> None:
    assert "<details><summary>Wave 2: 300 images</summary>" in summary.render(base_change(300))


def test_everything_is_a_warning() -> None:
    assert "> [!WARNING]\n> **Everything is affected**, because lambdas" in summary.render(UNKNOWN)


def test_nothing_affected_is_a_headline_and_a_verdict() -> None:
    _, verdict = prose(summary.render(EMPTY))
    assert verdict == r"**Nothing that ships or is tested will differ\.**"


def test_a_reviewer_reads_the_verdict_before_the_graph() -> None:
    verdict = r"**5 of 6 images will differ\, because of 2 changes\. 5 tests run first\.**"
    assert summary.render(base_change(4)).split("```")[0].rstrip().endswith(verdict)


def test_what_github_would_not_take_is_left_out_and_counted() -> None:
    changes = tuple(Change(f"src/{number:06}{'é' * 60}.py", "edited") for number in range(20_000))
    text = summary.render(replace(base_change(2), changes=changes))
    assert len(text.encode()) <= summary.LIMIT_BYTES
    assert re.search(r"- and \d+ lines more than GitHub takes\n\n</details>", text)
    assert text.endswith("</details>\n\n")


@given(answers())
def test_a_file_name_is_text_and_nothing_else(answer: Answer) -> None:
    text = summary.render(answer)
    text.encode()
    for line in prose(text):
        assert _LINE.fullmatch(line), line
        code = re.fullmatch(rf" *- {_CODE}", line)
        if code:
            fences = re.findall("`+", line)
            assert fences.count(code["fence"]) == 2
