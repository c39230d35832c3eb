"""What a path in the repository is to a build, besides being a target's source."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from pants.source.filespec import FilespecMatcher

from plinth.affected.graph import Graph

# What decides which files there are, what bytes a clone gets, and how Pants is started.
_OF_THE_REPOSITORY = frozenset({".gitignore", ".pants.bootstrap", ".pants.rc", ".pantsrc"})
_PYTEST_FILES = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", ".coveragerc")


@dataclass(frozen=True)
class Settings:
    """The options that say which file is what. All paths are from the build root.

    `resolves` tells each Python lock's resolve. `tools` are globs of what the build itself is made
    of, `plugin_roots` the folders that Pants imports its plugins from.
    """

    build_patterns: tuple[str, ...]
    preludes: tuple[str, ...]
    resolves: Mapping[str, str]
    pytest_resolve: str
    tools: tuple[str, ...]
    plugin_roots: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """Tells what files are, for one graph and its settings."""

    graph: Graph
    settings: Settings

    def is_build_file(self, path: str) -> bool:
        name = os.path.basename(path)
        return any(fnmatch(name, pattern) for pattern in self.settings.build_patterns)

    def is_prelude(self, path: str) -> bool:
        return _matches(path, self.settings.preludes)

    def is_configuration(self, path: str) -> bool:
        """Whether it is of Pants' own configuration: `pants.toml`, `pants.ci.toml`."""
        return fnmatch(path, "pants*.toml") and "/" not in path

    def is_tool(self, path: str) -> bool:
        return _matches(path, self.settings.tools)

    def is_of_the_repository(self, path: str) -> bool:
        return path in _OF_THE_REPOSITORY or os.path.basename(path) == ".gitattributes"

    def is_plugin(self, path: str) -> bool:
        """Whether Pants may import or read it as a part of a plugin: all but tests and texts."""
        inside = any(path.startswith(f"{root}/") for root in self.settings.plugin_roots)
        name = os.path.basename(path)
        return (
            inside
            and not name.endswith(("_test.py", ".md"))
            and name != "conftest.py"
            and not self.is_build_file(path)
            and not self.is_prelude(path)
        )

    def is_for_pytest(self, path: str) -> bool:
        return os.path.basename(path) in _PYTEST_FILES

    def is_requirements(self, path: str) -> bool:
        """Whether `python_requirements` makes targets of it."""
        return bool(self._of("python_requirements", path))

    def requirements_of_another_kind(self, path: str) -> bool:
        """Whether targets are made of it in some way that this does not read."""
        return not self.is_requirements(path) and bool(self._of("_generator_sources_helper", path))

    def is_debian_lock(self, path: str) -> bool:
        return bool(self._of("debian_root", path))

    def is_wheel_lock(self, path: str) -> bool:
        return any(node.wheel and node.wheel.lock == path for node in self.graph.nodes.values())

    def is_dockerfile(self, path: str) -> bool:
        return bool(self._of("docker_image", path))

    def is_python(self, path: str) -> bool:
        """Whether a target is made of it that may import something."""
        return any(self.graph.nodes[spec].python for spec in self.graph.owners.get(path, ()))

    def has_meaning(self, path: str) -> bool:
        """Whether its text has to be read, before and now, to tell what a change of it reaches."""
        return (
            path in self.settings.resolves
            or self.is_python(path)
            or os.path.basename(path) in ("__init__.py", "__init__.pyi")
            or any(
                tells(path)
                for tells in (
                    self.is_build_file,
                    self.is_prelude,
                    self.is_configuration,
                    self.is_tool,
                    self.is_requirements,
                    self.is_debian_lock,
                    self.is_wheel_lock,
                    self.is_dockerfile,
                    self.is_for_pytest,
                )
            )
        )

    def _of(self, alias: str, path: str) -> tuple[str, ...]:
        return tuple(
            spec
            for spec in self.graph.owners.get(path, ())
            if self.graph.nodes[spec].alias == alias
        )


def _matches(path: str, globs: tuple[str, ...]) -> bool:
    includes = [glob for glob in globs if not glob.startswith("!")]
    excludes = [glob[1:] for glob in globs if glob.startswith("!")]
    return bool(includes) and bool(FilespecMatcher(includes, excludes).matches([path]))
