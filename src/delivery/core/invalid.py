"""How a document that a model refuses is reported: by the first thing that is wrong with it."""

from __future__ import annotations

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """`place.in.it: what is wrong there`."""
    first = error.errors()[0]
    place = ".".join(str(each) for each in first["loc"]) or "the document"
    return f"{place}: {first['msg']}"
