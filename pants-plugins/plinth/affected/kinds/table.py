"""The words for each kind of part. Without an entry here a part is said in worse words."""

from __future__ import annotations

from collections.abc import Mapping

from plinth.affected.kinds import declarations, distributions, files
from plinth.affected.kinds.words import Words, unsaid

KINDS: Mapping[str, Words] = {
    "argument": declarations.NAMED,
    "assembler": declarations.ASSEMBLER,
    "configuration": files.FILE,
    "distribution": distributions.DISTRIBUTION,
    "field": declarations.FIELD,
    "file": files.FILE,
    "instruction": declarations.INSTRUCTION,
    "interpreter": distributions.PACKAGE,
    "label": declarations.NAMED,
    "layer": declarations.LAYER,
    "option": declarations.OPTION,
    "package": distributions.PACKAGE,
    "requirement": declarations.REQUIREMENT,
    "source": files.FILE,
    "tool": distributions.DISTRIBUTION,
    "tool file": files.TOOL_FILE,
    "unknown": declarations.UNKNOWN,
}

UNSAID = Words(unsaid)


def words_for(kind: str, table: Mapping[str, Words] = KINDS) -> Words:
    return table.get(kind, UNSAID)
