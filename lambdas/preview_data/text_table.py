"""A table as plain text: a header, a rule, a line a row."""

from __future__ import annotations

from collections.abc import Sequence

_NULL = "NULL"


def text_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table with its columns aligned, numbers to the right; line ends in values are escaped."""
    cells = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    numeric = [
        any(_is_number(row[index]) for row in rows)
        and all(row[index] is None or _is_number(row[index]) for row in rows)
        for index in range(len(columns))
    ]
    lines = [_line(line, widths, numeric) for line in cells]
    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return _NULL
    text = str(value)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if to_the_right else cell.ljust(width)
        for cell, width, to_the_right in zip(cells, widths, numeric, strict=True)
    )
    return " | ".join(padded).rstrip()
