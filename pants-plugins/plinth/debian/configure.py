"""What the packages' installation scripts would have done, as far as a Lambda container needs it.

The scripts themselves are not run: that would need root, a shell, and would not give the same bytes
twice. Nothing that a package brings is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable

from plinth.archive.tar import DIRECTORY, FILE, SYMLINK, Entry, with_parents
from plinth.debian.deb import Deb
from plinth.debian.errors import RootError
from plinth.debian.tree import MERGED, Tree

# Nobody reads these in a container. The licence texts stay, as their licences ask.
_DOCUMENTATION = (
    "usr/share/base-files",
    "usr/share/bug",
    "usr/share/doc-base",
    "usr/share/gcc",
    "usr/share/gdb",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
)

# The user is the one that Lambda runs containers as.
_PASSWD = """\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin
"""
_GROUP = """\
root:x:0:
nogroup:x:65534:
sbx_user1051:x:990:
"""
# Debian's own, less the services that are not in the root.
_NSSWITCH = """\
passwd: files
group: files
hosts: files dns
"""
_DIRECTORIES = {
    **dict.fromkeys(
        ("dev", "etc", "opt", "proc", "run", "sys", "usr/bin", "usr/lib", "usr/sbin", "var/task"),
        0o755,
    ),
    "root": 0o700,
    "tmp": 0o1777,
    "var/tmp": 0o1777,
}
_CERTIFICATES = "usr/share/ca-certificates/"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_UTC = "usr/share/zoneinfo/Etc/UTC"


def configure(tree: Tree, debs: Iterable[Deb]) -> Tree:
    """The tree without documentation, and with what programs expect of any root file system."""
    kept = {path: entry for path, entry in tree.items() if not _is_documentation(path, entry)}
    added = [
        *_directories(kept),
        *_files(),
        *_certificates(kept),
        *_time_zone(kept),
        _dpkg_status(debs),
    ]
    for entry in added:
        kept.setdefault(entry.path, entry)
    return {entry.path: entry for entry in with_parents(kept.values())}


def _is_documentation(path: str, entry: Entry) -> bool:
    if path.startswith("usr/share/doc/"):
        # A package's folder may be a link to another's; the licence is then found through it.
        is_package = path.count("/") == 3 and entry.kind in (DIRECTORY, SYMLINK)
        return not (is_package or (path.count("/") == 4 and path.endswith("/copyright")))
    return any(path == folder or path.startswith(folder + "/") for folder in _DOCUMENTATION)


def _directories(tree: Tree) -> list[Entry]:
    directories = [Entry(path, DIRECTORY, mode) for path, mode in _DIRECTORIES.items()]
    merged = [name for name in MERGED if f"usr/{name}" in tree or f"usr/{name}" in _DIRECTORIES]
    return [*directories, *(Entry(name, SYMLINK, 0o777, target=f"usr/{name}") for name in merged)]


def _files() -> list[Entry]:
    texts = {"etc/passwd": _PASSWD, "etc/group": _GROUP, "etc/nsswitch.conf": _NSSWITCH}
    return [Entry(path, FILE, 0o644, content=text.encode()) for path, text in texts.items()]


def _certificates(tree: Tree) -> list[Entry]:
    """All certificates in one file, as update-ca-certificates writes it, where OpenSSL looks."""
    found = [
        e
        for path, e in sorted(tree.items())
        if path.startswith(_CERTIFICATES) and path.endswith(".crt")
    ]
    if not found:
        return []
    bundle = b"".join(
        bytes(e.content).rstrip(b"\n") + b"\n" for e in found if isinstance(e.content, bytes)
    )
    return [
        Entry(BUNDLE, FILE, 0o644, content=bundle),
        Entry("usr/lib/ssl/cert.pem", SYMLINK, 0o777, target=f"/{BUNDLE}"),
        Entry("usr/lib/ssl/certs", SYMLINK, 0o777, target="/etc/ssl/certs"),
    ]


def _time_zone(tree: Tree) -> list[Entry]:
    if _UTC not in tree:
        return []
    return [
        Entry("etc/localtime", SYMLINK, 0o777, target=f"/{_UTC}"),
        Entry("etc/timezone", FILE, 0o644, content=b"Etc/UTC\n"),
    ]


def _dpkg_status(debs: Iterable[Deb]) -> Entry:
    """dpkg's record of what is installed: by it, scanners find the packages and their versions."""
    stanzas = []
    for deb in sorted(debs, key=lambda deb: deb.name):
        first, separator, rest = deb.control.partition("\n")
        if not first.startswith("Package:"):
            raise RootError(f"{deb.name}: its control file does not begin with the package's name")
        stanzas.append(f"{first}\nStatus: install ok installed{separator}{rest}")
    return Entry("var/lib/dpkg/status", FILE, 0o644, content="\n".join(stanzas).encode())
