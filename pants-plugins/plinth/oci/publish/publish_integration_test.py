"""What holds for a publish whatever happens, with a real registry behind a proxy that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.oci.testing.publish_faults import PublishFaults
from plinth.oci.testing.registry_proxy import RegistryProxy, running_registry


class TestFaultsOfARealRegistry(PublishFaults):
    stride = 4
    storage: Path

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[FakeRegistry]:
        self.storage = tmp_path
        with running_registry(tmp_path) as upstream, RegistryProxy(upstream) as server:
            yield server

    def lose(self, server: FakeRegistry, path: str, digest: str) -> None:
        encoded = digest.partition(":")[2]
        (blob,) = self.storage.rglob(f"blobs/sha256/{encoded[:2]}/{encoded}/data")
        blob.unlink()
