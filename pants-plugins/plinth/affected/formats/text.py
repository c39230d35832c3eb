"""The answer for people."""

from __future__ import annotations

from plinth.affected.model import Answer


def render(answer: Answer, *, explain: bool = False) -> str:
    """A line for each affected target, by wave, with the shortest chain, or with all of them."""
    lines = [f"! everything: {reason}" for reason in answer.everything]
    for wave, targets in enumerate(answer.waves):
        for target in targets:
            lines.append(f"{wave} {target.kind.value} {target.target}")
            chains = target.chains if explain else target.chains[:1]
            lines += [f"    {chain}" for chain in chains]
    return "".join(f"{line}\n" for line in lines)
