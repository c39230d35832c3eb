from __future__ import annotations


class LockError(Exception):
    """A lock that cannot be relied on. `problems` holds every one found, as ``file:line: what,
    why``.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NotLocked(LockError):
    """The lock does not hold `names` (normalised, sorted) for the environment asked about."""

    def __init__(self, names: tuple[str, ...], problems: tuple[str, ...]) -> None:
        super().__init__(problems)
        self.names = names
