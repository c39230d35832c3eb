from __future__ import annotations

from plinth.images.fingerprint import Part
from plinth.lockfile.distribution import Distribution
from plinth.release.util_rules.sbom import components

LOCKED = Distribution("boto3", "1.0", (), "", ("sha256:" + "a" * 64, "sha256:" + "b" * 64), (), ())


def test_the_packages_of_an_image_with_the_hashes_of_their_locks() -> None:
    parts = (
        Part("assembler", "", "", "x"),
        Part("distribution", "a.tar", "boto3", "1.0 hashes c"),
        Part("distribution", "a.tar", "unknown", "2.0 hashes c"),
        # How the runtime is made, and what compiles: not in the image.
        Part("package", "runtime.tar", "", "{}"),
        Part("interpreter", "a.tar", "perl", "5 sha256:d"),
        Part("package", "runtime.tar", "libc6", "2.36-1 sha256:d"),
    )
    assert list(components(parts, {("boto3", "1.0"): LOCKED})) == [
        {"type": "pypi", "name": "boto3", "version": "1.0", "sha256": ["a" * 64, "b" * 64]},
        {"type": "pypi", "name": "unknown", "version": "2.0", "sha256": []},
        {"type": "deb", "name": "libc6", "version": "2.36-1", "sha256": ["d"]},
    ]
