"""What to do when this machine is not ready for a test's container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from containers.errors import HarnessError
from plinth.oci.errors import OciError


@contextmanager
def or_stop() -> Iterator[None]:
    """For fixtures: end the test process with the error's sentence, and exit code 1.

    Neither an engine that is not up nor a registry that does not answer says anything of a lambda,
    and each of its tests would say so again, below a traceback.
    """
    try:
        yield
    except (HarnessError, OciError) as error:
        pytest.exit(str(error), returncode=1)
