from __future__ import annotations

import ast
import re
from pathlib import Path

import plinth
from plinth.platform import PLATFORM, Platform

ROOT = Path(plinth.__file__).parent


def test_what_follows_from_it() -> None:
    assert PLATFORM.image == "linux/amd64"
    assert PLATFORM.machine == "x86_64"
    assert PLATFORM.python_version == (3, 11)
    assert PLATFORM.python_minor == "3.11"
    assert PLATFORM.wheels == "x86_64-manylinux_2_36"
    assert PLATFORM.libraries == ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
    assert PLATFORM.loader == "lib64/ld-linux-x86-64.so.2"


def test_another_one() -> None:
    arm = Platform("arm64", "3.13.1", "2.41")
    assert arm.image == "linux/arm64"
    assert arm.python_minor == "3.13"
    assert arm.wheels == "aarch64-manylinux_2_41"
    assert arm.loader == "lib/ld-linux-aarch64.so.1"


# ELF's table of processors, and a union of environments that locks are checked for.
OF_ALL_PLATFORMS = {"debian/elf.py", "lockfile/strategies.py", "platform.py"}


def test_no_other_module_states_it() -> None:
    """In code; texts for people, with a space in them, may name it."""
    stated = re.compile(r"amd64|x86[_-]64|3[._]11|manylinux|2[._]36")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value!r}"
        for path in ROOT.rglob("*.py")
        if not re.search(
            r"_test\.py$|testing|fake|differential|samples", str(path.relative_to(ROOT))
        )
        if str(path.relative_to(ROOT)) not in OF_ALL_PLATFORMS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if " " not in node.value and stated.search(node.value)
    ]
    assert found == []
