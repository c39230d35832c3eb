"""Random edits of this repository after which it still builds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from proof.declaration_edits import DECLARATION_EDITS
from proof.lock_edits import LOCK_EDITS, NotLocked
from proof.source_edits import SOURCE_EDITS
from proof.tree import Tree
from proof.unseen_edits import UNSEEN_EDITS

Edit = Callable[[Tree], str]
# How often each is drawn, relative to the others.
EDITS: Mapping[Edit, int] = {
    **SOURCE_EDITS,
    **DECLARATION_EDITS,
    **LOCK_EDITS,
    **UNSEEN_EDITS,
}
# How many edits one change has.
_AT_ONCE = (1, 1, 1, 2, 3)


def edit(root: Path, seed: int, number: int) -> tuple[str, ...]:
    """Make the `number`th change of a seed in the clone at `root`; what was done."""
    tree = Tree(root, random.Random(f"{seed} {number}"))
    drawn = tree.random.choices(list(EDITS), list(EDITS.values()), k=tree.random.choice(_AT_ONCE))
    # One that changes the same again could undo what went before.
    return tuple(_done(each, tree) for each in dict.fromkeys(drawn))


def _done(each: Edit, tree: Tree) -> str:
    try:
        return each(tree)
    except (NotLocked, OSError, ValueError, IndexError) as error:
        # Another edit of the same change took away what this one is about.
        return f"nothing: {error}"
