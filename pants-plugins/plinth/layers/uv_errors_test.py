from __future__ import annotations

import pytest

from plinth.layers.uv_errors import explain

# As uv 0.13.9 writes them.
NO_WHEEL = """\
error: No solution found when resolving dependencies
  cause: Because docopt==0.6.2 has no usable wheels and you require docopt==0.6.2, we
         can conclude that your requirements are unsatisfiable.

hint: Wheels are required for `docopt` because building from source is disabled for all packages
"""
OTHER_PLATFORM = """\
error: No solution found when resolving dependencies
  cause: Because pywin32==306 has no wheels with a matching platform tag (e.g.,
         `manylinux_2_36_x86_64`) and you require pywin32==306, we can conclude that your
         requirements are unsatisfiable.
"""
OTHER_PYTHON = """\
  cause: Because numpy==1.26.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you
         require numpy==1.26.0, we can conclude that your requirements are unsatisfiable.
"""
OTHER_HASH = """\
error: Failed to download `six==1.17.0`
  cause: Hash mismatch for `six==1.17.0`

         Expected:
           sha256:0000
"""
NO_VERSION = (
    "  cause: Because there is no version of six==99.0 and you require six==99.0, we can conclude\n"
)
NO_PROJECT = (
    "  cause: Because nosuch was not found in the package registry and you require nosuch==1, we\n"
)
NO_NETWORK = "error: Failed to fetch: `index`\n  cause: error sending request\n  cause: dns error\n"
OFFLINE = "  cause: Network connectivity is disabled, but the requested data wasn't found\n"


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (NO_WHEEL, "docopt==0.6.2 has no wheel for CPython 3.11.2 on x86_64-manylinux_2_36. Only"),
        (OTHER_PLATFORM, "pywin32==306 has no wheel for CPython 3.11.2 on x86_64-manylinux_2_36."),
        (OTHER_PYTHON, "numpy==1.26.0 has no wheel for CPython 3.11.2 on x86_64-manylinux_2_36."),
        (OTHER_HASH, "six==1.17.0 is not the file that was locked: its hash differs."),
        (NO_VERSION, "six==99.0 is not in the configured index."),
        (NO_PROJECT, "nosuch is not in the configured index."),
        (NO_NETWORK, "the package index cannot be reached."),
        (OFFLINE, "the package index cannot be reached."),
        ("error: No space left on device\n", "error: No space left on device"),
        ("", "uv failed without a message"),
    ],
)
def test_what_uv_says_is_said_with_the_next_step(stderr: str, said: str) -> None:
    assert explain(stderr, "x86_64-manylinux_2_36", "3.11.2").startswith(said)
