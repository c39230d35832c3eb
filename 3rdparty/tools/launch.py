"""What `./pants` needs to start Pants: its environment, the native client, the Pex CLI."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bootstrap_errors import BootstrapError
from interpreters import find_interpreter
from venvs import cache_dir, locked, pip, say, tool_lock, venv_of

# The version that runs Pants 2.17, and the one that it builds and tests this repository with.
_PANTS_PYTHON = "3.9"
_PRODUCT_PYTHON = "3.11"
_PANTS_PLATFORMS = ("linux_arm64", "linux_x86_64", "macos_arm64", "macos_x86_64")


def prepare_launch(env_file: Path, env: Mapping[str, str]) -> None:
    """Installs what is missing, then writes `env_file`, which the launcher reads, to say so.

    Raises `BootstrapError`.
    """
    _check_cache(cache_dir(env))
    with locked(env_file):
        product_python = find_interpreter(_PRODUCT_PYTHON, env)
        pants_python = find_interpreter(_PANTS_PYTHON, env)
        venv = venv_of(tool_lock("pants"), _PANTS_PYTHON, env)
        client = _native_client(venv)
        pex_cli = _pex_cli(venv)
        fragment = "".join(_fragment(venv, client, pex_cli, (product_python, pants_python)))
        _write_whole(env_file, fragment.encode())


def _check_cache(folder: Path) -> None:
    """Pants fetches the Pex CLI by its file URL, and does not decode one."""
    if not folder.as_uri().endswith(str(folder)):
        raise BootstrapError(
            f"Pants cannot fetch from {folder}: its path has a space or another character that a "
            "URL cannot hold. Set XDG_CACHE_HOME to a folder without one and run this again."
        )


def _fragment(venv: Path, client: Path, pex_cli: Path, pythons: tuple[Path, ...]) -> Iterator[str]:
    content = pex_cli.read_bytes()
    fingerprint = f"{hashlib.sha256(content).hexdigest()}|{len(content)}"
    version = f"v{_locked_pex_version()}"
    known = [f"{version}|{platform}|{fingerprint}" for platform in _PANTS_PLATFORMS]
    # These two and no more: Pants hands the whole path to each process that it caches, and a
    # caller's PATH on it would hide what another shell has built.
    search_path = [str(python.parent) for python in pythons]
    values = {
        "client": str(client),
        "server": str(venv / "bin/pants"),
        "pex_cli_url_template": pex_cli.as_uri(),
        "pex_cli_known_versions": str(known),
        "python_search_path": str(search_path),
    }
    yield from (f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    # Gone after this was written, any of these makes the launcher prepare anew.
    needs = (client, pex_cli, venv / "bin/python", *pythons)
    yield f"needs=({' '.join(shlex.quote(str(path)) for path in needs)})\n"
    # The launcher reads nothing that lacks this last line.
    yield "# complete\n"


def _native_client(venv: Path) -> Path:
    """The wheel's native client, which pip installs without its run bit."""
    (wheel_file,) = venv.glob("lib/python*/site-packages/pants/bin/native_client")
    client = venv / "bin/pants_native_client"
    _write_whole(client, wheel_file.read_bytes(), mode=0o755)
    return client


def _pex_cli(venv: Path) -> Path:
    """The Pex CLI as one file, made from the locked wheel. The same wheel gives the same bytes."""
    pex_cli = venv / "pex"
    if pex_cli.is_file():
        return pex_cli
    say("Building the Pex command-line tool from its locked wheel")
    with tempfile.TemporaryDirectory(dir=venv) as scratch:
        wheels, built = Path(scratch) / "wheels", Path(scratch) / "pex"
        arguments = (
            "--no-deps",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--dest",
            str(wheels),
        )
        download = pip(venv, "download", *arguments, "--requirement", str(tool_lock("pex")))
        if download.returncode != 0:
            raise BootstrapError(f"pip could not download {tool_lock('pex')}:\n{download.stdout}")
        _run_pex(venv, wheels, built)
        built.chmod(0o755)
        os.replace(built, pex_cli)
    return pex_cli


def _run_pex(venv: Path, wheels: Path, output: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PEX_")}
    command = [
        *(str(venv / "bin/python"), "-I", "-m", "pex", f"pex=={_locked_pex_version()}"),
        *("--no-pypi", "--find-links", str(wheels), "--script", "pex"),
        *("--interpreter-constraint", "CPython>=3.7,<3.14", "--output-file", str(output)),
    ]
    built = subprocess.run(
        command,
        env={**environment, "PEX_ROOT": str(output.parent / "root")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise BootstrapError(f"pex could not build its own command-line tool:\n{built.stdout}")


def _locked_pex_version() -> str:
    (line,) = (
        line for line in tool_lock("pex").read_text().splitlines() if line.startswith("pex==")
    )
    return line.split("==")[1].split()[0]


def _write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Never seen half written, nor while another process runs the file it replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        # A power cut may keep the name and lose the bytes.
        os.fsync(file.fileno())
    os.chmod(file.name, mode)
    os.replace(file.name, path)
