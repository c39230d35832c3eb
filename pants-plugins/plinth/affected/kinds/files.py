"""Files: of this repository, in a sandbox, in a layer, in a build context."""

from __future__ import annotations

from plinth.affected.kinds.words import About, Words, verb
from plinth.affected.model import Change
from plinth.fingerprint.part import Part, PartChange


def say(change: PartChange, spec: str, about: About) -> Change:
    path = change.name
    known = about.files.get(path)
    if known:
        return Change(path, known.what)
    return Change(
        path, "edited" if verb(change) == "changed" else f"{verb(change)}, as Pants sees it"
    )


def say_tool(change: PartChange, spec: str, about: About) -> Change:
    return Change(change.name, "edited" if verb(change) == "changed" else verb(change))


def gives(change: PartChange, given: Part) -> bool:
    """A layer knows a module by its path below its source root."""
    return given.kind == "file" and f"/{given.name}".endswith(f"/{change.name}")


FILE = Words(say, gives)
TOOL_FILE = Words(say_tool)
