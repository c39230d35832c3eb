"""What images are made for, whatever machine makes them: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}


@dataclass(frozen=True)
class Platform:
    """A Lambda function's platform: Linux on `architecture`, as image formats and Debian name it.

    `python` is CPython's full version, `libc` that of glibc.
    """

    architecture: str
    python: str
    libc: str

    os = "linux"

    @property
    def image(self) -> str:
        """As a Dockerfile names it: `linux/amd64`."""
        return f"{self.os}/{self.architecture}"

    @property
    def machine(self) -> str:
        """As the kernel and Python name it: `x86_64`."""
        return _MACHINES[self.architecture]

    @property
    def python_version(self) -> tuple[int, int]:
        """Major and minor: what `.pyc` files and file names depend on."""
        major, minor, _ = self.python.split(".")
        return int(major), int(minor)

    @property
    def python_minor(self) -> str:
        """`3.11`."""
        return "{}.{}".format(*self.python_version)

    @property
    def wheels(self) -> str:
        """As uv names it: `x86_64-manylinux_2_36`."""
        return f"{self.machine}-manylinux_{self.libc.replace('.', '_')}"

    @property
    def libraries(self) -> tuple[str, str]:
        """The folders of shared libraries in a Debian root, before and after `/usr` was merged."""
        return f"lib/{self.machine}-linux-gnu", f"usr/lib/{self.machine}-linux-gnu"

    @property
    def loader(self) -> str:
        """The dynamic loader in a Debian root."""
        return _LOADERS[self.architecture]


# CPython and glibc are Debian 12's, which is what `debian_root` gives.
PLATFORM = Platform(architecture="amd64", python="3.11.2", libc="2.36")
