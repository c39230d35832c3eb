"""The affected targets for ``./pants --spec-files=FILE test package``."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.affected.model import Answer

# Every target of the repository.
ALL = "//::"


def render(answer: Answer) -> str:
    """One target on each line; nothing where nothing is affected."""
    return "".join(f"{spec}\n" for spec in specs(answer))


def specs(answer: Answer) -> Iterator[str]:
    """What selects exactly the affected targets, in order.

    Where everything is affected and the targets could not be listed, that is all of them.
    """
    if answer.everything and not answer.targets:
        yield ALL
    for target in answer.targets:
        yield spec(target.target)


def spec(address: str) -> str:
    """What selects `address` from every folder, on a line of its own.

    A file name with a line break or the like has no such line. Its folder and all below it are
    selected instead: too much rather than too little.
    """
    absolute = address if address.startswith("//") else f"//{address}"
    if absolute.isprintable() and absolute == absolute.strip():
        return absolute
    folder = absolute[2:]
    while not folder.isprintable() or folder != folder.strip():
        folder = folder.rpartition("/")[0]
    return f"//{folder}::"
