"""The board as one page for a browser, which loads nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import pkgutil
from datetime import timedelta
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from delivery.core.board import Board
from delivery.core.gates import shown

# Between the lanes of the time line, and how far into a row its dot is.
LANE, DOT = 18, 15


def render(board: Board) -> str:
    """HTML. Whatever a ledger or a reason holds stands in it as text."""
    # All is escaped unless it is Markup, which our own style alone is.
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(short=_short, age=_age, minute=_minute, who=_who)
    style = _part("page.css")
    names = [each.name for each in board.environments]
    return environment.from_string(_part("page.html")).render(
        board=board,
        verdict=verdict(board),
        style=Markup(style),
        style_hash=_hash(style),
        lanes={name: LANE * position + LANE // 2 for position, name in enumerate(names)},
        width=LANE * len(names),
        dot=DOT,
    )


def verdict(board: Board) -> str:
    """What somebody wants to know first, in a sentence or two."""
    last = board.environments[-1]
    runs = f"{last.name} runs {last.release}" if last.release else f"{last.name} runs no release"
    environments = board.environments
    wrong = [
        *_those([each.name for each in environments if each.hold], "is held", "are held"),
        *_those([e.name for e in environments if e.has_drifted], "has drifted", "have drifted"),
        *_those([each.name for each in environments if each.failed], "did not verify"),
        *_those(
            [each.name for each in environments if each.open], "has an operation without an end"
        ),
    ]
    return f"{runs}. {'; '.join(wrong) or 'Every environment is what its ledger says'}."


def _those(names: list[str], one: str, many: str = "") -> list[str]:
    """`dev and prod are held`; nothing of nobody."""
    if not names:
        return []
    listed = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
    return [f"{listed} {many if names[1:] and many else one}"]


def _part(name: str) -> str:
    found = pkgutil.get_data(__name__, f"page/{name}")
    assert found is not None
    return found.decode()


def _hash(text: str) -> str:
    """How a content security policy names the one style that it lets in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _age(seconds: int | None) -> str:
    return shown(timedelta(seconds=seconds)) if seconds is not None else ""


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _who(arn: Any) -> str:
    """The last part of an ARN: who it is."""
    return str(arn or "").rpartition(":")[2]
