"""Sets this machine up from hash locks, with nothing but a Python of 3.9 or newer.

    3rdparty/tools/bootstrap venv LOCK [--python 3.11]   the environment of a lock
    3rdparty/tools/bootstrap python VERSION              an interpreter that runs
    3rdparty/tools/bootstrap launcher ENV_FILE           all that ./pants needs

LOCK is the name of a tool (`lint` for 3rdparty/tools/lint) or a path ending in .txt.
Prints the path on stdout and progress on stderr. What is there already is not fetched again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bootstrap_errors import BootstrapError
from interpreters import find_interpreter
from launch import prepare_launch
from venvs import tool_lock, venv_of


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        print(_run(arguments))
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace) -> Path:
    if arguments.command == "venv":
        return venv_of(_lock(arguments.lock), arguments.python, os.environ)
    if arguments.command == "python":
        return find_interpreter(arguments.version, os.environ)
    prepare_launch(arguments.env_file, os.environ)
    return Path(arguments.env_file)


def _lock(argument: str) -> Path:
    return Path(argument) if argument.endswith(".txt") else tool_lock(argument)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bootstrap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    venv = commands.add_parser("venv")
    venv.add_argument("lock")
    venv.add_argument("--python", default="3.11")
    commands.add_parser("python").add_argument("version")
    commands.add_parser("launcher").add_argument("env_file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
