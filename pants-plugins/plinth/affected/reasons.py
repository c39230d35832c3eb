"""Why targets are affected: the parts that differ, followed along the edges. Decides nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plinth.affected.compare import Comparison
from plinth.affected.kinds.table import KINDS, words_for
from plinth.affected.kinds.words import About, Words, folder_of
from plinth.affected.model import Chain, Change
from plinth.fingerprint.document import IMAGE, Document, Entry
from plinth.fingerprint.part import Part, PartChange

MAX_CHAINS = 10
"""How many reasons a target keeps: a thousand targets times a thousand would fit no page."""

# More parts than these are not put into words for one target.
_MANY = 200

Ways = Mapping[str, str]
"""By target, the one that needs it, on the shortest way down from some target; "" for that one."""


@dataclass(frozen=True)
class Reasons:
    """The reasons of a comparison; `table` are the words by kind of part."""

    comparison: Comparison
    about: About
    table: Mapping[str, Words] = field(default_factory=lambda: KINDS)
    _chains: dict[str, tuple[Chain, ...]] = field(default_factory=dict)
    _ways: dict[tuple[bool, str], Ways] = field(default_factory=dict)

    def chains(self, spec: str) -> tuple[Chain, ...]:
        """The shortest first, one for each change, `MAX_CHAINS` at most; never none."""
        if spec not in self._chains:
            self._chains[spec] = ()  # Where packages need each other in a circle.
            self._chains[spec] = _shortest(self._all(spec))
        return self._chains[spec]

    def _all(self, spec: str) -> list[Chain]:
        entry = self.comparison.after.entries[spec]
        if spec not in self.comparison.before.entries:
            return [Chain(self._new(spec), (spec,))]
        found = list(self._of_image(entry) if entry.kind == IMAGE else self._of_test(entry))
        return found or [Chain(Change("", "it needs other targets than before"), (spec,))]

    def _new(self, spec: str) -> Change:
        given = self.comparison.after.entries[spec].given
        for part in given:
            if part.kind == "file" and part.name in self.about.files and spec.startswith(part.name):
                return Change(part.name, self.about.files[part.name].what)
        return Change(self.about.declared_in(folder_of(spec)), f"{spec} new")

    def _of_image(self, entry: Entry) -> Iterator[Chain]:
        changes = self.comparison.own_changes(entry.spec)[:_MANY]
        makers = {
            document.entries[each].makes: each
            for document in (self.comparison.before, self.comparison.after)
            for each in document.entries.get(entry.spec, entry).edges
            if each in document.entries and document.entries[each].makes
        }
        for change in changes:
            if change.kind == "base" and self._below(entry):
                for below in self._below(entry):
                    yield from self._through(below, entry.spec)
            elif not (change.kind == "file" and (change.after or "").startswith("made as ")):
                maker = makers.get(change.of)
                chain = (
                    self._made(change, maker) if maker else Chain(self._say(change, entry.spec), ())
                )
                yield replace(chain, steps=(*chain.steps, entry.spec))
        if not changes:
            yield from self._unknown(entry.own, entry.spec)

    def _below(self, entry: Entry) -> list[str]:
        entries = self.comparison.after.entries
        return [
            each
            for each in entry.edges
            if each in entries and entries[each].kind == IMAGE
            if self.comparison.is_another_package(each)
        ]

    def _made(self, change: PartChange, maker: str) -> Chain:
        """From a part of what `maker` makes to `maker`; begins where it is given, if it is."""
        words = words_for(change.kind, self.table)
        for document in (self.comparison.after, self.comparison.before):
            ways = self._ways_down(document, maker)
            for giver in ways:
                part = self._giving(document, giver, change, words) if giver != maker else None
                if part:
                    said = PartChange(part.kind, part.of, part.name, change.before, change.after)
                    return Chain(self._say(said, giver), _way(ways, giver))
        return Chain(self._say(change, maker), (maker,))

    def _giving(
        self, document: Document, giver: str, change: PartChange, words: Words
    ) -> Part | None:
        if giver not in self.comparison.differing or giver not in document.entries:
            return None
        given = document.entries[giver].given
        return next((part for part in given if words.gives(change, part)), None)

    def _of_test(self, entry: Entry) -> Iterator[Chain]:
        spec = entry.spec
        found = False
        for package in entry.packages:
            if self.comparison.is_another_package(package):
                found = True
                yield from self._through(package, spec)
        for change in self.comparison.own_changes(spec)[:_MANY]:
            found = True
            yield Chain(self._say(change, spec), (spec,))
        for document in (self.comparison.after, self.comparison.before):
            ways = self._ways_down(document, spec)
            for giver in ways:
                if giver in self.comparison.differing:
                    for change in self.comparison.given_changes(giver)[:_MANY]:
                        found = True
                        chain = self._given(document, giver, change)
                        yield replace(chain, steps=(*chain.steps[:-1], *_way(ways, giver)))
        if not found:
            yield from self._other_needs(spec)

    def _given(self, document: Document, giver: str, change: PartChange) -> Chain:
        if document.entries.get(giver, Entry("")).makes:
            return self._made(change, giver)
        return Chain(self._say(change, giver), (giver,))

    def _other_needs(self, spec: str) -> Iterator[Chain]:
        """What is needed by other ways than before, though nothing of it is edited."""
        before, after = self.comparison.before, self.comparison.after
        gone = before.closure(spec) - after.closure(spec)
        come = after.closure(spec) - before.closure(spec)
        for specs, document, what in (
            (come, after, "needed now"),
            (gone, before, "no longer needed"),
        ):
            ways = self._ways_down(document, spec)
            for each in sorted(specs)[:MAX_CHAINS]:
                path = self.about.declared_in(folder_of(each))
                steps = _way(ways, each) if each in ways else (spec,)
                yield Chain(Change(path, f"{each} {what}"), steps)
        yield from self._unknown(self.comparison.after.given_to(spec), spec)

    def _unknown(self, parts: Iterable[Part], spec: str) -> Iterator[Chain]:
        for part in sorted(parts):
            if part.kind == "unknown":
                yield Chain(Change("", part.value), (spec,))

    def _through(self, package: str, spec: str) -> Iterator[Chain]:
        """The chains of what a target is made with, one step further."""
        if package not in self.comparison.after.entries:
            yield Chain(Change("", f"{package} is gone"), (spec,))
            return
        for chain in self.chains(package):
            yield replace(chain, steps=(*chain.steps, spec))

    def _say(self, change: PartChange, spec: str) -> Change:
        return words_for(change.kind, self.table).say(change, spec, self.about)

    def _ways_down(self, document: Document, spec: str) -> Ways:
        key = document is self.comparison.after, spec
        if key not in self._ways:
            with_taken = bool(document.entries.get(spec, Entry(spec)).makes)
            self._ways[key] = _ways_down(document, spec, _takes if with_taken else _needs)
        return self._ways[key]


def _needs(entry: Entry) -> tuple[str, ...]:
    return entry.needs


def _takes(entry: Entry) -> tuple[str, ...]:
    return entry.edges


def _ways_down(document: Document, spec: str, edges: Callable[[Entry], tuple[str, ...]]) -> Ways:
    ways = {spec: ""}
    waiting = deque(ways)
    while waiting:
        each = waiting.popleft()
        entry = document.entries.get(each)
        for needed in edges(entry) if entry else ():
            if needed not in ways:
                ways[needed] = each
                waiting.append(needed)
    return ways


def _way(ways: Ways, spec: str) -> tuple[str, ...]:
    """The steps from a target up to where the ways begin, but for entries that are no target."""
    steps = [spec]
    while ways[steps[-1]]:
        steps.append(ways[steps[-1]])
    return tuple(step for step in steps if not step.startswith("["))


def _shortest(chains: Iterable[Chain]) -> tuple[Chain, ...]:
    by_change: dict[Change, Chain] = {}
    for chain in chains:
        known = by_change.get(chain.change)
        if known is None or (len(chain.steps), chain.steps) < (len(known.steps), known.steps):
            by_change[chain.change] = chain
    found = sorted(by_change.values(), key=lambda c: (len(c.steps), c.change, c.steps))
    return tuple(found[:MAX_CHAINS])
