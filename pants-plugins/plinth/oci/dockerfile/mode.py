"""What `--chmod` makes of a file's mode: an octal number, or changes such as chmod(1) takes.

`u+x`, `go-w`, `a=rX`, several with commas. Without a `u`, `g`, `o` or `a` before it, a change is
for all three, as no umask takes part. Source: POSIX, "chmod"; the Dockerfile reference, "COPY
--chmod"; tonistiigi/dchapes-mode, with which BuildKit reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

_OCTAL = re.compile(r"0*[0-7]{1,4}")
_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_CHANGE = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_BITS = {"r": 4, "w": 2, "x": 1}
_SHIFT = {"u": 6, "g": 3, "o": 0}
_SET_ID = {"u": 0o4000, "g": 0o2000, "o": 0}
_STICKY = 0o1000
ModeChange = Callable[[int, bool], int]
"""From a mode, and whether it is a directory's, to the mode that it gets."""


def is_octal(text: str) -> bool:
    """Whether `text` is a mode by itself, which is for new directories, too."""
    return _OCTAL.fullmatch(text) is not None


def mode_change(text: str) -> ModeChange:
    """What `text` makes of a mode. Raises `ValueError`."""
    if is_octal(text):
        number = int(text, 8)
        return lambda mode, directory: number
    clauses = [_CLAUSE.fullmatch(clause) for clause in text.split(",")]
    if not all(clauses):
        raise ValueError(f"{text!r} is neither an octal mode such as 0644 nor changes such as u+x")
    changes = [
        partial(_changed, who or "a", operation, permissions)
        for who, operations in (clause.groups() for clause in clauses if clause)
        for operation, permissions in _CHANGE.findall(operations)
    ]

    def change(mode: int, directory: bool) -> int:
        executable = directory or bool(mode & 0o111)
        for each in changes:
            mode = each(mode, executable)
        return mode

    return change


def _changed(who: str, operation: str, permissions: str, mode: int, executable: bool) -> int:
    classes = "ugo" if "a" in who else who
    copied = permissions in _SHIFT
    if operation == "-":
        executable = True  # -X takes it away from all
    bits = cleared = 0
    for each in set(classes):
        bits |= _permissions(permissions, mode, executable) << _SHIFT[each]
        bits |= _SET_ID[each] * ("s" in permissions)
        cleared |= 7 << _SHIFT[each] | _SET_ID[each] * (not copied)
    bits |= _STICKY * ("t" in permissions and set(classes) != {"o"})
    if operation == "-":
        return mode & ~bits
    return mode & ~(cleared if operation == "=" else 0) | bits


def _permissions(permissions: str, mode: int, executable: bool) -> int:
    """What is given to each class, from 0 to 7."""
    if permissions in _SHIFT:
        return mode >> _SHIFT[permissions] & 7
    held = permissions.replace("X", "x" if executable else "")
    return sum(_BITS[each] for each in set(held) & set(_BITS))
