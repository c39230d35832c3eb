"""Variables and quotes in a Dockerfile's words, as Docker's builders expand them.

`$name`, `${name}`, `${name:-word}`, `${name:+word}` and `${name:?word}`; single quotes keep
everything, double quotes keep spaces, the escape character takes the next character as it is.
Source: the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Substitutions such as ${x#y} and ${x-y}: builders of different ages read them differently.
NEWER_SUBSTITUTION = re.compile(r"\$\{\w+[-+?#%/]")

_NAME = re.compile(r"[0-9]+|[@*#?\-$!]|\w+")


class ExpandError(ValueError):
    """A word whose quotes or variables do not end, or a variable that must be set and is not."""


def expand(word: str, variables: Mapping[str, str], escape: str = "\\") -> str:
    """`word` without its quotes, its variables replaced. Raises `ExpandError`."""
    return "".join(text for text, _ in _Word(word, variables, escape).pieces())


def expand_words(word: str, variables: Mapping[str, str], escape: str = "\\") -> tuple[str, ...]:
    """The words that `word` becomes: as `expand`, then split at spaces that no quote keeps."""
    words, current = [], ""
    for text, kept in _Word(word, variables, escape).pieces():
        first, *others = [text] if kept else re.split(r"\s+", text)
        current += first
        for other in others:
            words.append(current)
            current = other
    return tuple(found for found in (*words, current) if found)


@dataclass
class _Word:
    """A reader of one word. `at` is the next character's place."""

    text: str
    variables: Mapping[str, str]
    escape: str
    at: int = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        self.at += len(char)
        return char

    def pieces(self, until: str = "") -> Iterator[tuple[str, bool]]:
        """Texts, and whether quotes or an escape keep their spaces, up to the character `until`."""
        while self.at < len(self.text):
            char = self.take()
            if char == until:
                return
            if char == "'":
                yield self.single_quoted(), True
            elif char == '"':
                yield self.double_quoted(), True
            elif char == "$":
                yield self.variable(), False
            elif char == self.escape:
                yield self.take(), True
            else:
                yield char, False
        if until:
            raise ExpandError(f"{self.text!r} has a ${{ without its }}")

    def single_quoted(self) -> str:
        end = self.text.find("'", self.at)
        if end < 0:
            raise ExpandError(f"{self.text!r} has a single quote that is not closed")
        start, self.at = self.at, end + 1
        return self.text[start:end]

    def double_quoted(self) -> str:
        found = ""
        while self.at < len(self.text):
            char = self.take()
            if char == '"':
                return found
            if char == "$":
                found += self.variable()
            elif char == self.escape and (not self.peek() or self.peek() in '"$' + self.escape):
                found += self.take()
            else:
                found += char
        raise ExpandError(f"{self.text!r} has a double quote that is not closed")

    def variable(self) -> str:
        if self.peek() != "{":
            name = self.name()
            return self.variables.get(name, "") if name else "$"
        self.take()
        name = self.name()
        ending = self.take()
        if name and ending == "}":
            return self.variables.get(name, "")
        if not name or ending != ":":
            raise ExpandError(f"{self.text!r} has a substitution that is not understood")
        modifier = self.take()
        word = "".join(text for text, _ in self.pieces(until="}"))
        return self.substitute(name, modifier, word)

    def name(self) -> str:
        found = _NAME.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found.group() if found else ""

    def substitute(self, name: str, modifier: str, word: str) -> str:
        value = self.variables.get(name, "")
        if modifier == "-":
            return value or word
        if modifier == "+":
            return word if value else ""
        if modifier != "?":
            raise ExpandError(f"{self.text!r}: only :- :+ and :? are known in a substitution")
        if not value:
            raise ExpandError(f"{name} is not set: {word}" if word else f"{name} is not set")
        return value
