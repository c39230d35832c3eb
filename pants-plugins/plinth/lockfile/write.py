"""A lock as text, in the form that uv writes and pip and uv read."""

from __future__ import annotations

from collections.abc import Iterable

from plinth.lockfile.distribution import Distribution


def requirements_text(distributions: Iterable[Distribution]) -> str:
    """One hashed requirement after the other, with its `# via` edges."""
    return "".join(f"{_requirement(d)}{_via(d)}" for d in distributions)


def _requirement(distribution: Distribution) -> str:
    hashes = (f" \\\n    --hash={value}" for value in distribution.hashes)
    return f"{distribution.requirement}{''.join(hashes)}\n"


def _via(distribution: Distribution) -> str:
    edges = [*(f"-r {root}" for root in distribution.roots), *distribution.via]
    if len(edges) == 1:
        return f"    # via {edges[0]}\n"
    return "    # via\n" + "".join(f"    #   {edge}\n" for edge in edges)
