"""Text that a file name cannot forge."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` on one line, with each character that a reader could not see as a Python escape.

    Git keeps any bytes in a file name. A line break, a terminal's escape sequence or a mark that
    turns the direction of writing would otherwise say things that no change said.
    """
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )
