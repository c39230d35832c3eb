"""A Debian archive for tests: hand-made packages, a signed index, and HTTP on loopback."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import io
import lzma
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from plinth.archive.tar import Entry, with_parents, write_tar
from plinth.debian.lock import DEBIAN, LockedPackage
from plinth.debian.testing.openpgp_fake import SigningKey

SUITE = "bookworm"


def make_deb(
    name: str,
    entries: Iterable[Entry] = (),
    version: str = "1.0",
    fields: str = "",
    compressed: bool = True,
) -> bytes:
    """A `.deb` of the entries and their parents. `fields` are lines for its control file."""
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\n{fields}".encode()
    members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", lzma.compress(_tar([Entry("control", content=control)]))),
    ]
    data = _tar(with_parents(entries))
    members.append(("data.tar.xz", lzma.compress(data)) if compressed else ("data.tar", data))
    return b"!<arch>\n" + b"".join(_ar_member(*member) for member in members)


def _tar(entries: Iterable[Entry]) -> bytes:
    out = io.BytesIO()
    write_tar(entries, out)
    return out.getvalue()


def _ar_member(name: str, content: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


@dataclass
class FakeArchive:
    """Packages in a folder with `dists/` and `pool/`. `url` is set while it is served."""

    folder: Path
    key: SigningKey = field(default_factory=functools.partial(SigningKey.from_seed, 1))
    url: str = ""
    asked: list[str] = field(default_factory=list)
    _stanzas: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        name: str,
        entries: Iterable[Entry] = (),
        version: str = "1.0",
        fields: str = "",
        depends: tuple[str, ...] = (),
    ) -> LockedPackage:
        """Add a package, in place of any other version of it. Returns its entry for a lock."""
        if depends:
            fields += f"Depends: {', '.join(depends)}\n"
        deb = make_deb(name, entries, version, fields)
        path = self.folder / f"pool/main/{name}_{version}_all.deb"
        for old in self.folder.glob(f"pool/main/{name}_*.deb"):
            old.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(deb)
        package = LockedPackage(
            name=name,
            version=version,
            architecture="all",
            archive=DEBIAN,
            path=path.relative_to(self.folder).as_posix(),
            size=len(deb),
            sha256=hashlib.sha256(deb).hexdigest(),
            depends=tuple(sorted(depends)),
        )
        self._stanzas[name] = (
            f"Package: {name}\nVersion: {version}\nArchitecture: all\n{fields}Filename: "
            f"{package.path}\nSize: {package.size}\nSHA256: {package.sha256}\n"
        )
        return package

    def publish(
        self, key: SigningKey | None = None, by_hash: bool = True, fields: str = ""
    ) -> None:
        """Write the signed index of what was added. `fields` are further lines for it."""
        packages = lzma.compress("\n".join(self._stanzas.values()).encode())
        sha256 = hashlib.sha256(packages).hexdigest()
        suite = self.folder / "dists" / SUITE
        binary = suite / "main/binary-amd64"
        (binary / "by-hash/SHA256").mkdir(parents=True, exist_ok=True)
        (binary / "Packages.xz").write_bytes(packages)
        if by_hash:
            (binary / "by-hash/SHA256" / sha256).write_bytes(packages)
        release = (
            f"Origin: Debian\nCodename: {SUITE}\nDate: Sat, 11 Jul 2020 10:16:37 "
            f"UTC\n{fields}SHA256:\n {sha256} {len(packages)} main/binary-amd64/Packages.xz\n"
        )
        (suite / "InRelease").write_bytes((key or self.key).clear_signed(release))

    @contextlib.contextmanager
    def served(self) -> Iterator[FakeArchive]:
        """The archive on a free port of the loopback address."""
        archive = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                archive.asked.append(self.path)
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(self.folder))
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            self.url = f"http://127.0.0.1:{server.server_address[1]}"
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
