"""Answers for property tests, with file names that want to be something else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from plinth.affected.model import Affected, Answer, Chain, Change, Kind, Unaffected

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--",
    "]]>",
    '"]; end; click n0 "javascript:alert(1)"',
    "```\n# heading",
    "`a`` b`",
    "$(reboot)",
    "${{ secrets.TOKEN }}",
    "name<<EOF",
    "x\nwave-1={}",
    "a\r\nb",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    "\u2028",
    "\udc80\udcff",
    "--option",
    "-skip",
    " blank ",
    "a | b",
    "https://example.org/ www.example.org",
    "&lt;&amp;",
    "日本語 é 🙂",
    "__init__",
    "%0a::error::x",
)

names = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text),
    st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), min_size=1, max_size=3),
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
changes = st.builds(Change, path=st.one_of(st.just(""), paths), what=names)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer that keeps the model's word: sorted, chains end at their target."""
    found = tuple(sorted(draw(st.sets(changes, max_size=4))))
    addresses = sorted(draw(st.sets(st.tuples(paths, names).map(":".join), max_size=8)))
    targets = [draw(_affected(address, found)) for address in addresses]
    waves = sorted({target.wave for target in targets})
    targets = [replace(target, wave=waves.index(target.wave)) for target in targets]
    return Answer(
        since=draw(names),
        base=draw(st.sampled_from(("", "3f2a91c8d0e1" * 3))),
        changes=found,
        everything=tuple(draw(st.lists(names, max_size=2))),
        targets=tuple(sorted(targets, key=lambda target: (target.wave, target.target))),
        edges=tuple(zip(addresses, addresses[1:])),
        unaffected=Unaffected(images=draw(st.integers(0, 9)), tests=draw(st.integers(0, 9))),
    )


@st.composite
def _affected(draw: st.DrawFn, address: str, changes: tuple[Change, ...]) -> Affected:
    reasons = draw(st.sets(st.sampled_from(changes))) if changes else set()
    chains = [Chain(change, (*draw(st.lists(paths, max_size=3)), address)) for change in reasons]
    return Affected(
        target=address,
        kind=draw(st.sampled_from(Kind)),
        wave=draw(st.integers(0, 3)),
        chains=tuple(sorted(chains, key=lambda chain: (len(chain.steps), chain))),
    )
