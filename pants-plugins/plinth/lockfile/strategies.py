"""Locks for property tests, and the many ways in which one and the same lock can be written."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from plinth.lockfile.distribution import Distribution, Lock

MARKERS = (
    "",
    'sys_platform == "win32"',
    'sys_platform == "linux"',
    'python_version < "3.11" or platform_machine == "x86_64"',
)
NAMES = ("alpha", "beta-two", "gamma-3", "delta", "epsilon", "zeta-x-y", "eta", "theta")
ROOT = "3rdparty/python/requirements.in"

_hashes = st.lists(
    st.integers(0, 2**256 - 1).map(lambda n: f"sha256:{n:064x}"),
    min_size=1,
    max_size=3,
    unique=True,
).map(lambda values: tuple(sorted(values)))


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """A lock with requires-edges in any shape, cycles included."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    distributions = []
    for name in sorted(names):
        via = tuple(sorted(draw(st.sets(st.sampled_from(names), max_size=3))))
        root = draw(st.booleans()) or not via
        distributions.append(
            Distribution(
                name=name,
                version=draw(st.sampled_from(("1.0", "2.10.3", "2024.1.post1", "3.0rc1"))),
                extras=draw(st.sampled_from(((), ("s3",), ("all", "s3")))),
                marker=draw(st.sampled_from(MARKERS)),
                hashes=draw(_hashes),
                via=via,
                roots=(ROOT,) if root else (),
            )
        )
    return Lock("requirements.txt", tuple(distributions))


@st.composite
def written(draw: st.DrawFn, lock: Lock) -> str:
    """The lock as some tool or hand may have written it."""
    text = draw(st.sampled_from(("", "# made by a tool\n#    with a command\n", "\n")))
    for distribution in draw(st.permutations(lock.distributions)):
        text += draw(_entry(distribution)) + draw(st.sampled_from(("", "\n", "\n\n")))
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n"))))


@st.composite
def _entry(draw: st.DrawFn, distribution: Distribution) -> str:
    spelled = draw(
        st.sampled_from(
            (
                str.lower,
                str.title,
                lambda name: name.replace("-", "_"),
                lambda name: name.replace("-", "."),
            )
        )
    )
    join = draw(st.sampled_from((" \\\n    ", " \\\n", " ")))
    shuffled = replace(distribution, name=spelled(distribution.name))
    requirement = draw(
        st.sampled_from((shuffled.requirement, shuffled.requirement.replace(" ;", ";")))
    )
    if draw(st.booleans()):
        requirement = requirement.replace('"', "'")
    hashes = draw(st.permutations([f"--hash={value}" for value in distribution.hashes]))
    edges = draw(
        st.permutations([*(f"-r {root}" for root in distribution.roots), *distribution.via])
    )
    return join.join([requirement, *hashes]) + draw(st.sampled_from(_comments(edges)))


def _comments(edges: list[str]) -> list[str]:
    beside = "  # via " + ", ".join(edges) + "\n"
    below = "\n    # via\n" + "".join(f"    #   {edge}\n" for edge in edges)
    unindented = "\n# via\n" + "".join(f"# {edge}\n" for edge in edges)
    return [beside, "\n" + beside, below, unindented]
