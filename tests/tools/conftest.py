from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.support import PYTHON


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip in it, made once."""
    path = tmp_path_factory.mktemp("template") / "venv"
    subprocess.run([PYTHON, "-I", "-m", "venv", path], check=True, timeout=120)
    return path
