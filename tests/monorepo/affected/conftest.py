"""One clone and one Pants daemon for all scenarios of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monorepo.clone import Clone


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    made = Clone(tmp_path_factory.mktemp("clone"))
    try:
        yield made
    finally:
        made.close()
