"""A machine that is not ready for the pipeline: one sentence, once, and its next command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOYED = """
from pipeline.conftest import *

def test_one(pipeline): pass
def test_another(pipeline): pass
"""
LOCAL = "from pipeline.local_integration_test import *"


@pytest.mark.parametrize("body", [DEPLOYED, LOCAL], ids=["deployed", "local"])
def test_a_registry_that_does_not_answer_is_one_sentence(tmp_path: Path, body: str) -> None:
    test = tmp_path / "inner_test.py"
    test.write_text(body)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), str(test)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PLINTH_REGISTRY": "127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout
    assert ran.stdout.count("no registry answers at 127.0.0.1:1") == 1, ran.stdout
    assert "make services" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "FAILED" not in ran.stdout
    assert "ERROR" not in ran.stdout
