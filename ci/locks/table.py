"""Which locks the repository has, and how each is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LockRecipe:
    """How uv makes `<path>.txt` from `<path>.in`.

    `python` is the oldest version that the lock must serve. A lock that serves one version alone
    takes the same distributions for later ones (`fewest`), so that it names each once.
    """

    path: str
    python: str
    options: tuple[str, ...] = ("--fork-strategy", "fewest")

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def requirements(self) -> str:
        return f"{self.path}.in"

    @property
    def lock(self) -> str:
        return f"{self.path}.txt"

    def command(self, uv: str, python: str, more: tuple[str, ...]) -> tuple[str, ...]:
        """What the lock holds already stays, unless `more` says otherwise (`--upgrade`)."""
        return (
            *(uv, "pip", "compile", "--quiet", "--generate-hashes", "--universal"),
            # Any will do, to resolve for another version. Left alone, uv asks every Python on the
            # machine for its version, and downloads one that it does not find.
            *("--python", python),
            # Without its extras, what they bring could not be told from what is left over.
            "--no-strip-extras",
            # Heads the lock, for people. Dependency updaters look for --universal in it.
            *(
                "--custom-compile-command",
                "make lock  # uv pip compile --universal --generate-hashes",
            ),
            *("--python-version", self.python, *self.options, *more),
            *(self.requirements, "--output-file", self.lock),
        )


@dataclass(frozen=True)
class Agreement:
    """Two locks whose distributions stand on one path under one Python, or are the same tool twice.

    What both hold must be the same version.
    """

    one: str
    other: str
    python: str


_TOOLS = "3rdparty/tools"

RECIPES = (
    LockRecipe("3rdparty/python/requirements", "3.11"),
    LockRecipe(f"{_TOOLS}/awscli", "3.11"),
    LockRecipe(f"{_TOOLS}/build", "3.9"),
    LockRecipe(f"{_TOOLS}/builder", "3.11"),
    LockRecipe(f"{_TOOLS}/delivery", "3.11"),
    LockRecipe(f"{_TOOLS}/emulator", "3.11", ("--no-deps",)),
    LockRecipe(f"{_TOOLS}/lint", "3.11"),
    LockRecipe(f"{_TOOLS}/pants", "3.9"),
    LockRecipe(f"{_TOOLS}/pex", "3.9"),
    LockRecipe(f"{_TOOLS}/plugins", "3.9"),
    # Runs tests on both versions, each with the newest that it can have.
    LockRecipe(f"{_TOOLS}/pytest", "3.9", ("--fork-strategy", "requires-python")),
    LockRecipe(f"{_TOOLS}/release", "3.11"),
    LockRecipe(f"{_TOOLS}/uv", "3.9"),
)

AGREEMENTS = (
    Agreement("pytest", "plugins", "3.9"),
    Agreement("pytest", "requirements", "3.11"),
    Agreement("pytest", "delivery", "3.11"),
    Agreement("pants", "plugins", "3.9"),
    Agreement("pants", "pex", "3.9"),
    # Compressed bytes, and so digests, must not depend on who made them.
    Agreement("builder", "plugins", "3.9"),
    Agreement("builder", "uv", "3.11"),
)
