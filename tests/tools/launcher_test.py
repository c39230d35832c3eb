"""The launcher, with a Pants and a Pex that are a few lines each, from wheels on this disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tools.support import (
    copy_tools,
    environment,
    locked,
    make_wheel,
    quick_python,
    run,
    script,
    sha256,
    write_lock,
)

_CLIENT = """#!/usr/bin/env bash
echo "cwd=$PWD"
echo "arguments=$*"
env | grep -E '^(_?PANTS_|NO_SCIE)' | sort
"""
_PEX = """
import sys
open(sys.argv[sys.argv.index("--output-file") + 1], "w").write("the Pex CLI")
"""


@dataclass(frozen=True)
class Clone:
    """A scratch clone with the real launcher and locks of stand-ins."""

    root: Path
    wheels: Path
    env: dict[str, str]

    def pants(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run([self.root / "pants", *arguments], {**self.env, **(env or {})}, cwd or self.root)

    @property
    def cache(self) -> Path:
        return Path(self.env["XDG_CACHE_HOME"]) / "plinth/tools"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Clone:
    """One clone in which the launcher has run, for the tests that only start it again."""
    cache = tmp_path_factory.mktemp("cache")
    clone = _clone(tmp_path_factory.mktemp("clone with spaces"), template, cache)
    first = clone.pants("--version")
    assert first.returncode == 0, first.stderr
    assert "Installing pants" in first.stderr
    return clone


def test_the_client_gets_what_this_way_of_starting_pants_needs(installed: Clone) -> None:
    answer = installed.pants("list", "a b", "::").stdout

    (venv,) = installed.cache.glob("pants-*")
    assert "arguments=list a b ::\n" in answer
    assert f"_PANTS_SERVER_EXE={venv}/bin/pants\n" in answer
    assert f"PANTS_PEX_CLI_URL_TEMPLATE={(venv / 'pex').as_uri()}\n" in answer
    pex = venv / "pex"
    assert pex.read_text() == "the Pex CLI"
    for platform in ("linux_arm64", "linux_x86_64", "macos_arm64", "macos_x86_64"):
        assert f"'v2.1.137|{platform}|{sha256(pex)}|{pex.stat().st_size}'" in answer
    assert "NO_SCIE_WARNING=1\n" in answer


def test_a_warm_start_runs_no_python_and_fetches_nothing(installed: Clone, tmp_path: Path) -> None:
    for name in ("python", "python3", "python3.9", "python3.11", "pip", "curl"):
        script(tmp_path / name, f"touch {tmp_path}/ran; exit 1")
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PIP_FIND_LINKS": "/nowhere"}

    warm = installed.pants("list", env=env)

    assert (warm.returncode, warm.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


def test_it_runs_where_it_was_called_within_the_repository(installed: Clone) -> None:
    folder = installed.root / "lambdas/some"
    folder.mkdir(parents=True, exist_ok=True)

    assert f"cwd={folder}\n" in installed.pants("list", cwd=folder).stdout


def test_called_from_elsewhere_it_runs_at_the_repositorys_root(
    installed: Clone, tmp_path: Path
) -> None:
    assert f"cwd={installed.root}\n" in installed.pants("list", cwd=tmp_path).stdout


def test_what_the_user_has_set_stays(installed: Clone) -> None:
    theirs = {
        "PANTS_PEX_CLI_URL_TEMPLATE": "https://example.test/pex",
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": "['/opt/python']",
    }

    answer = installed.pants(env=theirs).stdout

    assert "PANTS_PEX_CLI_URL_TEMPLATE=https://example.test/pex\n" in answer
    # The other half of the pair is the user's too: a hash of ours would not fit that file.
    assert "PANTS_PEX_CLI_KNOWN_VERSIONS" not in answer
    assert "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH=['/opt/python']\n" in answer


def test_pants_looks_for_interpreters_only_where_the_launcher_found_them(installed: Clone) -> None:
    folder = installed.root.parent / "python"

    # The caller's PATH beside them would be in the key of every cached process.
    assert f"PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH=['{folder}', '{folder}']\n" in (
        installed.pants().stdout
    )


def test_a_cache_that_pants_cannot_fetch_from_is_refused(installed: Clone, tmp_path: Path) -> None:
    cache = tmp_path / "with spaces"

    refused = installed.pants(env={"XDG_CACHE_HOME": str(cache)})

    assert refused.returncode == 1
    assert f"Pants cannot fetch from {cache}/plinth/tools" in refused.stderr
    assert "Set XDG_CACHE_HOME" in refused.stderr
    assert not cache.exists()


@pytest.mark.parametrize("lost", ["pex", "bin/pants_native_client"])
def test_a_lost_file_is_made_again(installed: Clone, tmp_path: Path, lost: str) -> None:
    clone = _copy_with_cache(installed, tmp_path)
    (venv,) = clone.cache.glob("pants-*")
    (venv / lost).unlink()

    again = clone.pants("list")

    assert again.returncode == 0, again.stderr
    assert (venv / lost).exists()


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_a_fragment_that_lost_its_end_is_written_again(
    installed: Clone, tmp_path: Path, kept: float
) -> None:
    clone = _copy_with_cache(installed, tmp_path)
    (fragment,) = clone.cache.glob("launch-*.env")
    whole = fragment.read_text()
    # All of it but its last character at the most, and zeros for the rest as some file systems do.
    fragment.write_bytes(whole[: int((len(whole) - 2) * kept)].encode() + bytes(9))

    again = clone.pants("list")

    assert (again.returncode, "arguments=list\n" in again.stdout) == (0, True), again.stderr
    assert "ignored null byte" not in again.stderr
    assert fragment.read_text() == whole


def test_an_empty_fragment_is_written_again(installed: Clone, tmp_path: Path) -> None:
    clone = _copy_with_cache(installed, tmp_path)
    (fragment,) = clone.cache.glob("launch-*.env")
    whole = fragment.read_text()
    fragment.write_bytes(b"")

    again = clone.pants("list")

    assert (again.returncode, "arguments=list\n" in again.stdout) == (0, True), again.stderr
    assert fragment.read_text() == whole


def test_an_installation_that_was_cut_short_is_finished(tmp_path: Path, template: Path) -> None:
    clone = _clone(tmp_path, template, tmp_path / "cache")
    away = (clone.wheels / "pex-2.1.137-py3-none-any.whl").rename(tmp_path / "away.whl")
    cut_short = clone.pants("list")
    assert cut_short.returncode == 1
    assert "pip could not download" in cut_short.stderr
    assert not tuple(clone.cache.glob("launch-*.env"))
    away.rename(clone.wheels / "pex-2.1.137-py3-none-any.whl")

    finished = clone.pants("list")

    assert finished.returncode == 0, finished.stderr
    assert "arguments=list\n" in finished.stdout


def test_two_first_runs_at_once_do_not_harm_each_other(tmp_path: Path, template: Path) -> None:
    clone = _clone(tmp_path, template, tmp_path / "cache")
    both = [
        subprocess.Popen(
            [clone.root / "pants", "list"],
            env=clone.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    assert all("arguments=list\n" in answer for answer, _ in outputs)
    assert sum("Installing pants" in progress for _, progress in outputs) == 1


@pytest.mark.parametrize("version", ["3.9", "3.11"])
def test_a_missing_interpreter_stops_the_first_run_with_what_to_install(
    tmp_path: Path, template: Path, version: str
) -> None:
    clone = _clone(tmp_path, template, tmp_path / "cache")
    variable = f"PLINTH_PYTHON{version.replace('.', '')}"

    stopped = clone.pants("list", env={variable: str(tmp_path / "absent")})

    assert stopped.returncode == 1
    assert f"{variable} names {tmp_path / 'absent'}" in stopped.stderr
    assert not clone.cache.exists() or not tuple(clone.cache.glob("launch-*.env"))


def _started_with(clone: Clone) -> str:
    (line,) = (
        line
        for line in clone.pants("list").stdout.splitlines()
        if line.startswith("PANTS_PANTSD_INVALIDATION_GLOBS=")
    )
    return line


def test_other_plugins_options_or_tools_are_another_daemon(
    installed: Clone, tmp_path: Path
) -> None:
    clone = _copy_with_cache(installed, tmp_path)
    plugin = clone.root / "pants-plugins/plinth/some/plugin.py"
    plugin.parent.mkdir(parents=True)
    settings, ignored = clone.root / "pants.toml", clone.root / ".gitignore"
    texts = ("", "a = 1\n", "a = 2\n")
    seen = {}
    for file in (plugin, settings, ignored):
        for text in texts:
            file.write_text(text)
            seen[file.name, text] = _started_with(clone)
    assert len(set(seen.values())) == len(seen)
    before = _started_with(clone)
    # Back and forth, each time at once: the answer is for the files that are there.
    for _ in range(20):
        plugin.write_text("a = 1\n")
        assert _started_with(clone) != before
        plugin.write_text("a = 2\n")
        assert _started_with(clone) == before


def test_another_lock_is_another_installation(installed: Clone, tmp_path: Path) -> None:
    clone = _copy_with_cache(installed, tmp_path)
    lock = clone.root / "3rdparty/tools/pants/requirements.txt"
    lock.write_text(lock.read_text() + "# changed\n")

    assert "Installing pants" in clone.pants("list").stderr


def _clone(folder: Path, template: Path, cache: Path) -> Clone:
    tools, wheels = copy_tools(folder / "repository"), folder / "wheels"
    pants = {"pants/bin/native_client": _CLIENT, "pants/__init__.py": ""}
    # Pants brings Pex along, as the real one does.
    pex = {"pex/__init__.py": "", "pex/__main__.py": _PEX}
    locks = {
        "pants": make_wheel(wheels, "pantsbuild-pants", "2.17.1", {**pants, **pex}),
        "pex": make_wheel(wheels, "pex", "2.1.137", {}),
        "build": make_wheel(wheels, "buildtool", "1.0", {}),
    }
    for name, wheel in locks.items():
        write_lock(tools, name, locked(wheel))
    python = {
        f"PLINTH_PYTHON{version.replace('.', '')}": str(
            quick_python(folder / "python", template, version)
        )
        for version in ("3.9", "3.11")
    }
    home = folder / "home"
    env = environment(home, wheels, XDG_CACHE_HOME=str(cache), **python)
    return Clone(folder / "repository", wheels, env)


def _copy_with_cache(clone: Clone, folder: Path) -> Clone:
    """The same clone, with a cache of its own that may be broken."""
    shutil.copytree(clone.root, folder / "repository")
    cache = folder / "cache"
    shutil.copytree(clone.cache.parent, cache / "plinth", symlinks=True)
    (venv,) = (cache / "plinth/tools").glob("pants-*")
    for path in (cache / "plinth/tools").glob("launch-*.env"):
        path.write_text(path.read_text().replace(str(clone.cache), str(venv.parent)))
    return replace(
        clone, root=folder / "repository", env={**clone.env, "XDG_CACHE_HOME": str(cache)}
    )
