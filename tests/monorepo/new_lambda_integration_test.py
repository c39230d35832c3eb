"""A new lambda by the written guide (lambdas/README.md), in a scratch copy of this repository."""

from __future__ import annotations

import re
from pathlib import Path

from monorepo.scratch import scratch_copy


def test_a_new_lambda_is_green_at_the_first_try(tmp_path: Path) -> None:
    """Its unit tests and its container test pass, and its image has a fingerprint.

    Nothing but the guide's command is run, and no file that was there before is edited.
    """
    scratch = scratch_copy(tmp_path)
    scratch.program("make", "lambda", "NAME=hello", timeout=60)
    # One start of Pants for both goals.
    done = scratch.run("test", "fingerprint", "lambdas/hello::")
    for test in ("handler_test.py:tests", ":container_test"):
        assert re.search(rf"✓ lambdas/hello/?{re.escape(test)} succeeded", done.stderr), done.stderr
    assert re.search(r"^[0-9a-f]{64}  lambdas/hello:image$", done.stdout, re.MULTILINE)
