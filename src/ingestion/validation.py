"""Input checked by a pydantic model, with every wrong field named in the error."""

from __future__ import annotations

from pydantic import ValidationError


def explained(error: ValidationError) -> str:
    """What is wrong, field by field: `columns[0].type: ...; email: ...`. Never the value itself."""
    return "; ".join(
        f"{_location(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _location(parts: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".") or "body"
