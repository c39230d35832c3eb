"""Which locks the repository has, and how each is made."""

from __future__ import annotations

from dataclasses import dataclass

_IN, _LOCK = "requirements.in", "requirements.txt"
_FILES = (f"--output-file={_LOCK}", _IN)


@dataclass(frozen=True)
class LockRecipe:
    """How uv makes `requirements.txt` from `requirements.in`, in a folder that has no other lock.

    Dependency updaters compile in the lock's folder, with the options that its head names and no
    others. They and `make lock` come to the same, because what is locked stays (docs/ci.md).

    `python` is the oldest version that the lock must serve. A lock that serves one version alone
    takes the same distributions for later ones (`fewest`), so that it names each once.
    """

    folder: str
    python: str
    strategy: str = "fewest"
    dependencies: bool = True

    @property
    def name(self) -> str:
        return self.folder.rpartition("/")[2]

    @property
    def requirements(self) -> str:
        return f"{self.folder}/{_IN}"

    @property
    def lock(self) -> str:
        return f"{self.folder}/{_LOCK}"

    @property
    def options(self) -> tuple[str, ...]:
        """What decides on the lock; it stands in its head for dependency updaters to read."""
        return (
            *("--universal", "--generate-hashes"),
            # Without its extras, what they bring could not be told from what is left over.
            "--no-strip-extras",
            *(() if self.dependencies else ("--no-deps",)),
            f"--python-version={self.python}",
        )

    @property
    def head(self) -> str:
        """The command that the lock names, as a dependency updater reads and repeats it."""
        return " ".join(("uv pip compile", *self.options, *_FILES))

    def command(self, uv: str, python: str, more: tuple[str, ...]) -> tuple[str, ...]:
        """To be run in the folder. What the lock holds stays, unless `more` says otherwise."""
        return (
            *(uv, "pip", "compile", "--quiet"),
            # Any will do, to resolve for another version. Left alone, uv asks every Python on the
            # machine for its version, and downloads one that it does not find.
            *("--python", python, "--fork-strategy", self.strategy),
            *("--custom-compile-command", self.head),
            *(*self.options, *more, *_FILES),
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
    LockRecipe("3rdparty/python", "3.11"),
    LockRecipe(f"{_TOOLS}/awscli", "3.11"),
    LockRecipe(f"{_TOOLS}/build", "3.9"),
    LockRecipe(f"{_TOOLS}/builder", "3.11"),
    LockRecipe(f"{_TOOLS}/cache", "3.12"),
    LockRecipe(f"{_TOOLS}/delivery", "3.11"),
    LockRecipe(f"{_TOOLS}/emulator", "3.11", dependencies=False),
    LockRecipe(f"{_TOOLS}/lint", "3.11"),
    LockRecipe(f"{_TOOLS}/pants", "3.9"),
    LockRecipe(f"{_TOOLS}/pex", "3.9"),
    LockRecipe(f"{_TOOLS}/plugins", "3.9"),
    # Runs tests on both versions, each with the newest that it can have.
    LockRecipe(f"{_TOOLS}/pytest", "3.9", "requires-python"),
    LockRecipe(f"{_TOOLS}/release", "3.11"),
    LockRecipe(f"{_TOOLS}/sam", "3.11"),
    LockRecipe(f"{_TOOLS}/uv", "3.9"),
)

AGREEMENTS = (
    Agreement("pytest", "plugins", "3.9"),
    Agreement("pytest", "python", "3.11"),
    Agreement("pytest", "delivery", "3.11"),
    Agreement("pytest", "sam", "3.11"),
    Agreement("emulator", "sam", "3.11"),
    Agreement("pants", "plugins", "3.9"),
    Agreement("pants", "pex", "3.9"),
    # Compressed bytes, and so digests, must not depend on who made them.
    Agreement("builder", "plugins", "3.9"),
    Agreement("builder", "uv", "3.11"),
)
