"""The runtime that this repository's images stand on, as `//3rdparty/debian:runtime` makes it.

It is taken from its tar and started through its own loader, so Linux on x86_64 is needed to run it.
"""

from __future__ import annotations

import json
import platform
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from plinth.archive.interpreter import of_root
from plinth.archive.tar import DIRECTORY, FILE, Entry, read_tar
from plinth.debian import lock, make_lock
from plinth.debian.elf import check_links
from plinth.debian.tree import Tree, find
from plinth.debian.unpack import lay_out

FOLDER = Path("3rdparty/debian")
MOST_MEGABYTES = 52

# What AWS's client, its native part and most packages import.
MODULES = (
    *("asyncio", "bz2", "concurrent.futures", "csv", "ctypes", "datetime", "decimal", "email"),
    *("hashlib", "http.client", "json", "logging", "lzma", "mimetypes", "multiprocessing"),
    *("sqlite3", "ssl", "subprocess", "unittest.mock", "urllib.request", "uuid", "xml.etree"),
    *("zipfile", "zlib", "zoneinfo"),
)


@pytest.fixture(scope="module")
def tree() -> Tree:
    with (FOLDER / "runtime.tar").open("rb") as tar:
        return {entry.path: entry for entry in read_tar(tar)}


@pytest.fixture(scope="module")
def python(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the runtime's programs run on Linux x86_64 only; its files are still checked")
    base = tmp_path_factory.mktemp("root")
    lay_out(tree, base)
    return of_root(base).argv


def output(python: tuple[str, ...], code: str, **environment: str) -> str:
    done = subprocess.run(
        (*python, "-c", code), env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_imported(python: tuple[str, ...], module: str) -> None:
    output(python, f"import {module}")


@pytest.mark.parametrize("module", ["curses", "_dbm", "nis", "readline", "_testcapi"])
def test_modules_without_their_library_say_that_they_are_not_there(
    python: tuple[str, ...], module: str
) -> None:
    code = f"try: import {module}\nexcept ModuleNotFoundError: print('absent')"

    assert output(python, code) == "absent"


def test_nothing_is_compiled_at_start(python: tuple[str, ...]) -> None:
    code = (
        "import importlib.util, json, sys, asyncio, email, http.client, logging, ssl, typing\n"
        "specs = [vars(module).get('__spec__') for module in sys.modules.values()]\n"
        "print(json.dumps([spec.cached for spec in specs if getattr(spec, 'cached', None)]))"
    )
    paths = json.loads(output(python, code))

    assert len(paths) > 50
    for path in map(Path, paths):
        # PEP 552: unchecked hash. Neither times nor sources are looked at.
        assert path.read_bytes()[4:8] == b"\1\0\0\0", path


@pytest.mark.parametrize("locale", ["C.UTF-8", "en_US.UTF-8", ""])
def test_text_is_utf_8_whatever_lambda_says_about_locales(
    python: tuple[str, ...], locale: str
) -> None:
    code = "import sys; print(open('/dev/null').encoding, sys.getfilesystemencoding())"

    assert output(python, code, **({"LANG": locale} if locale else {})).lower() == "utf-8 utf-8"


def test_tls_and_time_zones_have_their_data(tree: Tree) -> None:
    bundle = find(tree, "usr/lib/ssl/cert.pem")
    assert bundle is not None
    assert isinstance(bundle.content, bytes)
    assert bundle.content.count(b"-----BEGIN CERTIFICATE-----") > 100
    for zone in ("Europe/Berlin", "America/New_York", "Etc/UTC", "UTC"):
        assert find(tree, f"usr/share/zoneinfo/{zone}") is not None, zone
    assert find(tree, "etc/localtime") is not None


def test_the_entry_point_of_images_is_there(tree: Tree) -> None:
    program = find(tree, "usr/bin/python3")
    assert program is not None
    assert program.mode & stat.S_IXOTH


def programs(tree: Tree) -> list[Entry]:
    return [
        e for e in tree.values() if e.kind == FILE and e.path.startswith(("usr/bin/", "usr/sbin/"))
    ]


def test_python_is_the_only_program(tree: Tree) -> None:
    assert [entry.path for entry in programs(tree)] == ["usr/bin/python3.11"]


def test_nothing_is_setuid_or_writable_by_others_but_temporary_directories(tree: Tree) -> None:
    assert not [e.path for e in tree.values() if e.mode & 0o6000]
    writable = [e for e in tree.values() if e.kind in (FILE, DIRECTORY) and e.mode & stat.S_IWOTH]
    assert {e.mode for e in writable} == {0o1777}
    assert {e.kind for e in writable} == {DIRECTORY}


def test_every_library_is_there(tree: Tree) -> None:
    check_links(tree)


def test_scanners_find_every_package_and_the_release(tree: Tree) -> None:
    locked = lock.parse((FOLDER / "lock.json").read_text(), "lock.json")
    status = find(tree, "var/lib/dpkg/status")
    release = find(tree, "etc/os-release")
    assert status is not None
    assert release is not None
    assert isinstance(status.content, bytes)
    assert isinstance(release.content, bytes)
    found = [line[9:] for line in status.content.decode().split("\n") if line[:9] == "Package: "]

    assert found == [package.name for package in locked.packages]
    assert b"VERSION_CODENAME=bookworm" in release.content
    for name in found:
        assert find(tree, f"usr/share/doc/{name}/copyright") is not None, name


def test_the_root_stays_small() -> None:
    assert (FOLDER / "runtime.tar").stat().st_size < MOST_MEGABYTES * 1e6


def test_the_lock_answers_the_packages_file() -> None:
    argv = ["--packages-file", str(FOLDER / "packages.txt"), "--lock", str(FOLDER / "lock.json")]

    assert make_lock.main([*argv, "--check"]) == 0
