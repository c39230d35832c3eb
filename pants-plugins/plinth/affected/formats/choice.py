"""The formats by name."""

from __future__ import annotations

from enum import Enum

from plinth.affected.formats import github, html, json, specs, summary, text
from plinth.affected.model import Answer


class Format(Enum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    SPECS = "specs"
    GITHUB = "github"
    GITHUB_SUMMARY = "github-summary"
    HTML = "html"


_RENDER = {
    Format.JSON: json.render,
    Format.SPECS: specs.render,
    Format.GITHUB: github.render,
    Format.GITHUB_SUMMARY: summary.render,
    Format.HTML: html.render,
}


def render(
    answer: Answer, format: Format, *, color: bool, explain: bool, advice: bool = True
) -> str:
    """The answer in a format. Only text has colours and advice, and shows more with `explain`."""
    if format is Format.TEXT:
        return text.render(answer, color=color, explain=explain, advice=advice)
    return _RENDER[format](answer)
