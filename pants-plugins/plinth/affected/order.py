"""In which order affected targets are to be built and run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from plinth.affected.compare import dependents_of
from plinth.affected.model import Affected, Chain, Kind, Unaffected
from plinth.fingerprint.document import APPLICATION, CONTAINER_TEST, IMAGE, TEST, Document

KINDS = {
    APPLICATION: Kind.APPLICATION,
    CONTAINER_TEST: Kind.CONTAINER_TEST,
    IMAGE: Kind.IMAGE,
    TEST: Kind.TEST,
}


def ordered(document: Document, chains: Mapping[str, tuple[Chain, ...]]) -> tuple[Affected, ...]:
    """Images and tests with their waves, by wave and address."""
    needs = needed_images(document, chains)
    waves: dict[str, int] = {}
    for spec in TopologicalSorter(needs).static_order():
        waves[spec] = 1 + max((waves[each] for each in needs[spec]), default=-1)
    found = (
        Affected(spec, KINDS[document.entries[spec].kind], waves[spec], chains[spec])
        for spec in chains
    )
    return tuple(sorted(found, key=lambda each: (each.wave, each.target)))


def everything(document: Document) -> tuple[Affected, ...]:
    """All images and tests, by wave and address, without reasons."""
    return ordered(document, {entry.spec: () for entry in document.of_kind(*KINDS)})


def needed_images(document: Document, specs: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """For each of these targets those of them that are images and that it needs directly."""
    among = set(specs)
    images = (entry.spec for entry in document.of_kind(IMAGE))
    lead = dependents_of(document, images) if among else frozenset()
    return {spec: _nearest(document, spec, among, lead) for spec in sorted(among)}


def _nearest(
    document: Document, spec: str, among: set[str], lead: frozenset[str]
) -> tuple[str, ...]:
    """The images on the way down from `spec`, each with nothing of that kind in between."""
    found, seen, waiting = set(), {spec}, list(document.entries[spec].edges)
    while waiting:
        each = waiting.pop()
        if each in seen or each not in lead or each not in document.entries:
            continue
        seen.add(each)
        if each in among and document.entries[each].kind == IMAGE:
            found.add(each)
        else:
            waiting.extend(document.entries[each].edges)
    return tuple(sorted(found))


def unaffected(document: Document, targets: Iterable[Affected]) -> Unaffected:
    """How many images and tests are not among `targets`."""
    reached = {target.target for target in targets}
    rest = [entry.kind for entry in document.of_kind(*KINDS) if entry.spec not in reached]
    images = rest.count(IMAGE)
    return Unaffected(images=images, tests=len(rest) - images - rest.count(APPLICATION))
