from __future__ import annotations

import gzip as host_gzip
import hashlib
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from plinth.archive.compress import PIECE, gzip, gzip_file


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


def test_a_file_is_one_member_up_to_a_size_that_bounds_the_memory(tmp_path: Path) -> None:
    data = b"".join(str(n * n).encode() for n in range(50_000))
    (tmp_path / "f").write_bytes(data)

    def packed(piece: int) -> bytes:
        out = io.BytesIO()
        gzip_file(tmp_path / "f", out, piece)
        return out.getvalue()

    assert packed(len(data) + 65536) == packed(PIECE) == gzip(data)
    assert packed(65536 * 2) == b"".join(
        gzip(data[at : at + 65536 * 2]) for at in range(0, len(data), 65536 * 2)
    )
    assert host_gzip.decompress(packed(65536)) == data
