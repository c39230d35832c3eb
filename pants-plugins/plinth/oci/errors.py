"""What can go wrong with an image: each message says where, what, why, and the next command."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` on one line, with each character that a reader could not see as a Python escape.

    A line break, a terminal's escape sequence or a mark that turns the direction of writing would
    otherwise say things that nobody said.
    """
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )


def printable_lines(text: str) -> str:
    """`text` with its own line breaks, and each line `printable`."""
    return "\n".join(map(printable, text.split("\n")))


class OciError(Exception):
    """Anything about an image, a layout or a registry that a user has to act on.

    Its text may quote others: as text it is printable, whatever they sent.
    """

    def __str__(self) -> str:
        return printable_lines(super().__str__())
