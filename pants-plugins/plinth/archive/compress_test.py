from __future__ import annotations

import gzip as host_gzip
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from plinth.archive.compress import gzip


@given(st.binary(max_size=5000))
def test_any_gzip_reads_it_back(data: bytes) -> None:
    assert host_gzip.decompress(gzip(data)) == data


def test_golden_digest_of_compressed_bytes() -> None:
    """Changed only together with the layer format: every image's digest moves with it."""
    data = b"".join(str(n * n).encode() for n in range(20_000))

    assert (
        hashlib.sha256(gzip(data)).hexdigest()
        == "75f0851489b2d4664c9a3e9dbd435ca3efefaba835e0a3bafb1c7465d645450f"
    )
