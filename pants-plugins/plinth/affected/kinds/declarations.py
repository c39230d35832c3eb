"""What BUILD files, Dockerfiles and configuration say."""

from __future__ import annotations

from plinth.affected.kinds.words import About, Words, folder_of, verb
from plinth.affected.model import Change
from plinth.fingerprint.part import PartChange


def say_field(change: PartChange, spec: str, about: About) -> Change:
    where = change.of or spec
    return Change(about.declared_in(folder_of(where)), f"{where}: {change.name}")


def say_layer(change: PartChange, spec: str, about: About) -> Change:
    where = about.declared_in(folder_of(spec))
    return Change(where, f"{spec}: path {change.before} → {change.after}")


def say_instruction(change: PartChange, spec: str, about: About) -> Change:
    folder = folder_of(spec)
    dockerfile = next((path for path in sorted(about.files) if _is_dockerfile(path, folder)), "")
    path = dockerfile or about.declared_in(folder)
    text = change.after if change.after is not None else change.before
    return Change(path, f"{change.kind} {verb(change)}: {_short(text or '')}")


def _is_dockerfile(path: str, folder: str) -> bool:
    name = path.rpartition("/")[2]
    return path.rpartition("/")[0] == folder and ("Dockerfile" in name or "Containerfile" in name)


def say_named(change: PartChange, spec: str, about: About) -> Change:
    where = about.declared_in(folder_of(spec))
    return Change(where, f"{change.kind} {change.name} {verb(change)}".replace("  ", " "))


def say_requirement(change: PartChange, spec: str, about: About) -> Change:
    inputs = sorted(path for path in about.files if path.endswith((".in", "requirements.txt")))
    folder = folder_of(spec)
    path = next((path for path in inputs if path.rpartition("/")[0] == folder), "")
    return Change(path or about.declared_in(folder), f"{change.name} {verb(change)}")


def say_option(change: PartChange, spec: str, about: About) -> Change:
    return Change(change.of, f"{change.name} {verb(change)}")


def say_assembler(change: PartChange, spec: str, about: About) -> Change:
    plugins = sorted(path for path in about.files if path.startswith("pants-plugins/"))
    return Change(plugins[0] if len(plugins) == 1 else "", "the code that makes images changed")


def say_unknown(change: PartChange, spec: str, about: About) -> Change:
    return Change("", change.after or change.before or "")


def _short(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= 60 else f"{first[:59]}…"


ASSEMBLER = Words(say_assembler)
FIELD = Words(say_field)
INSTRUCTION = Words(say_instruction)
LAYER = Words(say_layer)
NAMED = Words(say_named)
OPTION = Words(say_option)
REQUIREMENT = Words(say_requirement)
UNKNOWN = Words(say_unknown)
