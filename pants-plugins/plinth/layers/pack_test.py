from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from plinth.archive.tar import DIRECTORY, read_tar
from plinth.layers import pack
from plinth.layers.compiled import Report
from plinth.layers.testing.wheels_fake import run_module

SOURCES = {
    "tree/var/task/orders/handler.py": (
        "LIMITS = {'a': 1.5}\n\ndef handler(event, context):\n    pass\n"
    ),
    "tree/var/task/orders/broken.py": "print 'x'\n",
    "tree/var/task/orders/query.sql": "select 1\n",
    "tree/var/task/run": "#!/bin/sh\n",
}

# Of the layer that SOURCES make, with the .pyc of a minor version of Python.
GOLDEN = {
    (3, 9): "af181e31fbd18a583aaaf68f7bf9a49af40bfc938eecd0f1589049eb37a51c64",
    (3, 11): "5ee2492cc01ec2035862654381d2c44d7de97436f926efbdbe78a096530bbb73",
}


def packed(sandbox: Path, **environment: str) -> tuple[bytes, Report]:
    for path, text in SOURCES.items():
        (sandbox / path).parent.mkdir(parents=True, exist_ok=True)
        (sandbox / path).write_text(text)
    # As Pants shows a large file. What it says of the files goes before what the disk does.
    (sandbox / "tree/var/task/orders/query.sql").chmod(0o555)
    argv = ("--executable=var/task/run", "--tar", "out.tar")
    done = run_module(pack, argv, sandbox, sandbox, **environment)
    assert done.returncode == 0, done.stderr
    return (sandbox / "out.tar").read_bytes(), Report.from_json(done.stdout)


def test_a_layer_holds_the_tree_and_its_compiled_code(tmp_path: Path) -> None:
    tar, report = packed(tmp_path)
    entries = [entry for entry in read_tar(io.BytesIO(tar)) if entry.kind != DIRECTORY]
    assert [(entry.path, oct(entry.mode)) for entry in entries] == [
        (
            f"var/task/orders/__pycache__/handler.{sys.implementation.cache_tag}.pyc",
            "0o644",
        ),
        ("var/task/orders/broken.py", "0o644"),
        ("var/task/orders/handler.py", "0o644"),
        ("var/task/orders/query.sql", "0o644"),
        ("var/task/run", "0o755"),
    ]
    assert [line.split(":")[0] for line in report.left_out] == ["var/task/orders/broken.py"]


@pytest.mark.parametrize(
    ("umask", "environment"),
    [
        (0o022, {}),
        (0o077, {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "4711"}),
        (0o000, {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"}),
    ],
)
def test_the_same_bytes_on_every_machine(
    tmp_path: Path, umask: int, environment: dict[str, str]
) -> None:
    before = os.umask(umask)
    try:
        tar, _ = packed(tmp_path / f"sandbox-{umask}", **environment)
    finally:
        os.umask(before)
    assert hashlib.sha256(tar).hexdigest() == GOLDEN[sys.version_info[:2]]
