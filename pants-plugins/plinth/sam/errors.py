from __future__ import annotations

from collections.abc import Iterable


class SamError(Exception):
    """An application that cannot be made: each line names a target, a field, and what is wrong."""


def refuse(where: str, objections: Iterable[str]) -> None:
    """Raises `SamError` if there are objections."""
    listed = [f"  {each}" for each in objections]
    if listed:
        raise SamError("\n".join((f"{where}: no template is written.", *listed)))
