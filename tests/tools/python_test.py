"""`3rdparty/tools/python`, which finds the Python that the tools' own scripts run with."""

from __future__ import annotations

import os
from pathlib import Path

from tools.support import PYTHON, ROOT, run, script

_SAY_PATH = "import os; print(os.environ['PATH'])"


def test_a_version_managers_shim_leaves_nothing_on_the_path(tmp_path: Path) -> None:
    """Pants keys tests by the PATH that they ask for, so one shell would not find another's."""
    shim = script(tmp_path / "shims/python3", f'PATH=/of/the/shim:$PATH exec "{PYTHON}" "$@"')
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLINTH_")}
    env["PATH"] = f"{shim.parent}:{os.environ['PATH']}"

    found = run([ROOT / "3rdparty/tools/python", "-c", _SAY_PATH], env)

    assert found.stdout == f"{env['PATH']}\n", found.stderr
