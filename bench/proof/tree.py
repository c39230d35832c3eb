"""What an edit finds in a clone of this repository, and how it changes it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

LIBRARY, LAMBDAS = "src/ingestion", "lambdas"
FIRST_IMPORT = "from __future__ import annotations\n"


@dataclass(frozen=True)
class Tree:
    """The clone at `root`. What is drawn is drawn with `random`, so that a seed gives one edit."""

    root: Path
    random: random.Random

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def link(self, path: str, target: str) -> None:
        """A symlink, in place of what is there."""
        (self.root / path).unlink(missing_ok=True)
        (self.root / path).symlink_to(target)

    def append(self, path: str, text: str) -> None:
        self.write(path, f"{self.read(path)}{text}")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace the first `old`, which must be there."""
        text = self.read(path)
        if old not in text:
            raise ValueError(f"{path} does not hold {old!r}")
        self.write(path, text.replace(old, new, 1))

    def files(self, *patterns: str) -> list[str]:
        """The files that match, sorted."""
        found = {path for pattern in patterns for path in self.root.glob(pattern)}
        return sorted(str(path.relative_to(self.root)) for path in found if path.is_file())

    def number(self) -> int:
        """A number for a name that must be new."""
        return self.random.randrange(10**6)

    def shipped(self) -> list[str]:
        """The Python files that images hold: no test, and nothing that only serves tests."""
        found = self.files(f"{LIBRARY}/*.py", f"{LAMBDAS}/*/*.py")
        return [path for path in found if not is_test(path)]

    def tests(self) -> list[str]:
        """The unit tests that no other file imports."""
        code = {path: self.read(path) for path in self.files("src/*/*.py", f"{LAMBDAS}/*/*.py")}
        found = self.files("src/*/*_test.py", f"{LAMBDAS}/*/handler_test.py")
        return [
            path
            for path in found
            if not any(
                f"{Path(path).stem} import" in text for user, text in code.items() if user != path
            )
        ]

    def lambdas(self) -> list[str]:
        return [path.split("/")[1] for path in self.files(f"{LAMBDAS}/*/handler.py")]


def is_test(path: str) -> bool:
    return path.endswith(("_test.py", "/conftest.py"))
