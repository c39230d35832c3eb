"""The modules of Plinth that run at its users: no tests, and nothing that only tests import."""

from __future__ import annotations

from pathlib import Path

import plinth

ROOT = Path(plinth.__file__).parent
# A folder or a module of such a name holds fakes, kits and samples.
FOR_TESTS = frozenset({"testing", "samples"})


def production() -> dict[str, Path]:
    """These modules by their names below `plinth`, as `oci.format.layout`."""
    found = {path.relative_to(ROOT).with_suffix("").parts: path for path in ROOT.rglob("*.py")}
    return {
        ".".join(parts): path
        for parts, path in found.items()
        if FOR_TESTS.isdisjoint(parts) and not parts[-1].endswith(("_test", "__init__"))
    }
