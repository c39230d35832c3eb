"""Measures promotions beside a loop of the `aws` command, with AWS as far away as it is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from clone import Clone
from measure import Figure, say

SIZES = ("1", "16", "100", "1000")


def deliver(clone: Clone, runs: int) -> list[Figure]:
    """Promotions and rollbacks of delivery, 30 ms from AWS, beside a loop of `aws lambda`"""
    say("promoting 1, 16, 100 and 1000 functions: some twenty minutes")
    aws = _venv(clone.root, "awscli") / "bin/aws"
    python = _venv(clone.root, "delivery") / "bin/python"
    done = subprocess.run(
        (str(python), "src/delivery_testing/measure.py", str(aws), *SIZES),
        cwd=clone.root,
        env={**os.environ, "PYTHONPATH": "src"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [
        Figure(each["name"], "s", (each["seconds"],), each["note"])
        # moto may have said something before.
        for each in json.loads(done.stdout.splitlines()[-1])
    ]


def _venv(root: Path, name: str) -> Path:
    command = ("3rdparty/tools/bootstrap", "venv", name, "--python", "3.11")
    made = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return Path(made.stdout.strip())
