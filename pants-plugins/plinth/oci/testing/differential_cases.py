"""The table of the differential test: Dockerfiles with their build contexts, by name.

`Case` says what Docker's two builders do with each, and what ours does. Where BuildKit and the
legacy builder differ, ours follows BuildKit, and `legacy` says how the other one differs. Where a
current BuildKit differs from that of engine 20.10, ours follows the current one, and `newer` says
which source tells: read at moby/buildkit 73ed682 (August 2026).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

import zstandard

TAR_TIME = 1_000_000_000


class Link(str):
    """The target of a symbolic link."""


class Script(str):
    """The content of a file with its executable bit set."""


EMPTY_DIRECTORY = object()
Content = Union[str, bytes, object]


@dataclass(frozen=True)
class Case:
    """A Dockerfile, its context, and what becomes of it.

    `error` is part of our message where all builders fail. `legacy` tells how the legacy builder
    differs from BuildKit: FAILS, or in words. `stricter` tells that ours alone refuses, and why;
    `error` is part of its message then. `newer` names the source of what a current BuildKit does
    and that of engine 20.10 does not; `expected` is it: mode and owner by path from `/` (None for
    nothing), and settings by name.
    """

    name: str
    dockerfile: str
    files: Mapping[str, Content] = field(default_factory=dict)
    build_args: tuple[str, ...] = ()
    target: str | None = None
    error: str = ""
    legacy: str = ""
    stricter: str = ""
    newer: str = ""
    expected: Mapping[str, object] = field(default_factory=dict)


FAILS = "fails"


# What a tar begins with that says this of all of its entries.
_GLOBAL_HEADER = tarfile.TarInfo.create_pax_global_header({"mtime": "99", "uid": "7"})


def tar(*entries: tuple[object, ...]) -> bytes:
    """A tar of `(path, kind, content or target, mode, (uid, gid), pax)`, the last ones optional."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, kind, *rest in entries:
            content, mode, owner, pax = [*rest, None, None, None, None][:4]
            info = tarfile.TarInfo(str(path))
            info.type = _TYPES[str(kind)]
            info.mtime = TAR_TIME
            info.mode = mode if isinstance(mode, int) else (0o755 if kind == "dir" else 0o644)
            info.uid, info.gid = owner if isinstance(owner, tuple) else (0, 0)
            info.pax_headers = dict(pax) if isinstance(pax, dict) else {}
            data = str(content).encode() if kind == "file" else b""
            info.size = len(data)
            info.linkname = str(content) if kind in ("link", "hard") else ""
            info.devmajor, info.devminor = (1, 3) if kind == "char" else (0, 0)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


_TYPES = {
    "file": tarfile.REGTYPE,
    "dir": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hard": tarfile.LNKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "char": tarfile.CHRTYPE,
}

SCRATCH = "FROM scratch\n"
BASE = "ARG BASE=//base:image\nFROM $BASE\n"
BASE_DOCKERFILE = """FROM scratch
ADD base.tar /
ENV FOO=foo PATH=/opt/bin:/bin
LABEL kept=k replaced=old
USER app
WORKDIR /home/app
EXPOSE 80
VOLUME /vol
CMD ["base"]
"""
BASE_FILES: Mapping[str, Content] = {
    "base.tar": tar(
        ("etc", "dir"),
        ("etc/passwd", "file", "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/:\n# no user\nbad\n"),
        ("etc/group", "file", "root:x:0:\nstaff:x:50:app\napp:x:1001:\n"),
        ("usr", "dir"),
        ("usr/lib", "dir"),
        ("usr/lib/x", "file", "x"),
        ("usr/bin", "dir"),
        ("lib", "link", "usr/lib"),
        ("bin", "link", "/usr/bin"),
        ("run", "dir"),
        ("var", "dir"),
        ("var/run", "link", "/run"),
        ("rel", "dir"),
        ("rel/up", "link", "../data"),
        ("tmp", "dir", None, 0o1777),
        ("root", "dir", None, 0o700),
        ("home", "dir"),
        ("home/app", "dir", None, 0o750, (1000, 1001)),
        ("data", "dir"),
        ("data/file", "file", "file"),
        ("data/sub", "dir", None, 0o711, (5, 6)),
        ("data/sub/old", "file", "old"),
        ("link-file", "link", "data/file"),
        ("link-dir", "link", "data"),
        ("shared", "dir", None, 0o2775, (5, 6)),
        ("dangling", "link", "/nowhere"),
        ("loop", "link", "loop"),
    )
}

_A = {"a": "A"}
_TWO = tar(("a", "file", "1"), ("b", "file", "2"))
_COPY_GO = "tonistiigi/fsutil 6d9dc2e, copy/copy.go"
_TREE: Mapping[str, Content] = {
    "a.txt": "a",
    "b.md": "b",
    "d/c.txt": "c",
    "d/e/f.txt": "f",
    "node/x": "x",
    ".hidden": "h",
}


def _ignoring(name: str, rules: str, error: str = "") -> Case:
    files = {**_TREE, ".dockerignore": rules}
    return Case(f"dockerignore: {name}", SCRATCH + "COPY . /c/\n", files, error=error)


_COPIES = (
    Case("copy: a file makes its parents", SCRATCH + "COPY a /x/y/z\n", _A),
    Case("copy: a file into a directory", SCRATCH + "COPY a /x/y/\n", _A),
    Case("copy: into a directory that is there", BASE + "COPY a /data\n", _A),
    Case("copy: over a file that is there", BASE + "COPY a /data/file\n", _A),
    Case("copy: several files", SCRATCH + "COPY a b d/c /x/\n", {**_A, "b": "B", "d/c": "C"}),
    Case("copy: the later of one name wins", SCRATCH + "COPY a d/a /x/\n", {**_A, "d/a": "2"}),
    Case(
        "copy: modes are those of the executable bit",
        SCRATCH + "COPY d /x\n",
        {"d/plain": "p", "d/run": Script("r"), "d/e/run": Script("r")},
    ),
    Case(
        "copy: what is in a directory, links and empty directories included",
        SCRATCH + "COPY d /x\n",
        {"d/a": "A", "d/e/up": Link("../a"), "d/e/out": Link("/etc/x"), "d/empty": EMPTY_DIRECTORY},
    ),
    Case("copy: the whole context", SCRATCH + "COPY . /x/\n", {**_A, "d/b": "B"}),
    Case("copy: the whole context to the working directory", BASE + "COPY . .\n", {"d/b": "B"}),
    Case("copy: the context as /", SCRATCH + "COPY / /x/\n", {**_A, "d/b": "B"}),
    Case("copy: a directory as d/.", SCRATCH + "COPY d/. /x/\n", {"d/b": "B"}),
    Case("copy: a file as a/", SCRATCH + "COPY a/ /x/\n", _A),
    Case("copy: an empty source is the context", SCRATCH + "COPY $NONE /x/\n", _A),
    Case("copy: exec form, with spaces", SCRATCH + 'COPY ["a b", "/w x/"]\n', {"a b": "A"}),
    Case("copy: quotes in shell form", SCRATCH + "COPY \"a\" '/y'/\n", _A),
    Case("copy: variables", SCRATCH + "ENV D=/q S=a\nCOPY $S ${D}/x/\nCOPY a $D/y\n", _A),
    Case("copy: a variable with a space", SCRATCH + 'ENV S="a b"\nCOPY $S /y/\n', {"a b": "A"}),
    Case("copy: the end of the flags", SCRATCH + "COPY -- a /x/\n", _A),
    Case(
        "copy: destinations from the working directory",
        SCRATCH
        + "WORKDIR /w/v\nCOPY a .\nCOPY a ../b\nCOPY a ../../../../c\nCOPY a ./d/\nCOPY a $N\n",
        _A,
    ),
    Case("copy: destinations are cleaned", SCRATCH + "COPY a /n/./m/../k/.\nCOPY a /q//r/\n", _A),
    Case(
        "copy: outside of the context is its top",
        SCRATCH + "COPY ../../a /x\n",
        _A,
        legacy=FAILS,
    ),
    Case(
        "copy: a directory's modes inside, not its own", BASE + "COPY d /data/\n", {"d/sub/n": "N"}
    ),
    Case(
        "copy: into another's directory",
        BASE + "COPY a /home/app/\nCOPY a /tmp/\nCOPY a /root/x\n",
        _A,
    ),
    Case("copy: a link over a file", BASE + "COPY d /data/\n", {"d/file": Link("x")}),
    Case(
        "copy: through links in the image",
        BASE + "COPY a /lib\nCOPY a /bin/\nCOPY a /var/run/q/r\n",
        _A,
    ),
    Case("copy: through a link in the last place", BASE + "COPY a /link-file\n", _A),
    Case("copy: to a link that leads nowhere", BASE + "COPY a /dangling\n", _A),
    Case("copy: into a link that leads nowhere", BASE + "COPY a /dangling/\n", _A),
    Case(
        "copy: a link in a directory to which a link leads",
        BASE + "COPY d /link-dir/\n",
        {"d/l": Link("x")},
    ),
    Case(
        "copy: onto what the instruction before made",
        SCRATCH + "COPY d /x\nCOPY a /x\nCOPY a /x/e\n",
        {**_A, "d/e/f": "F"},
    ),
    Case(
        "copy: a source that is a link to a file",
        SCRATCH + "COPY l /x/\nCOPY l /y\n",
        {"d/a": "A", "l": Link("d/a")},
    ),
    Case(
        "copy: a source that is a link to a directory",
        SCRATCH + "COPY l /x/\n",
        {"d/a": "A", "l": Link("d")},
    ),
    Case("copy: a source through a link", SCRATCH + "COPY l/a /x/\n", {"d/a": "A", "l": Link("d")}),
    Case(
        "copy: a link's target is in the context",
        SCRATCH + "COPY l m /x/\n",
        {**_A, "l": Link("/a"), "m": Link("../../a")},
    ),
    Case(
        "copy: fails without the source",
        SCRATCH + "COPY a nope /x/\n",
        _A,
        error="Dockerfile:2: COPY: nope is not in the build context; at its top are Dockerfile, a",
    ),
    Case(
        "copy: fails for a broken link",
        SCRATCH + "COPY l /x/\n",
        {**_A, "l": Link("nope")},
        error="l (a link to nope) is not in the build context",
    ),
    Case(
        "copy: fails below a file",
        BASE + "COPY a /data/file/x\n",
        _A,
        error="/data/file is not a directory",
    ),
    Case(
        "copy: fails into a file",
        BASE + "COPY a /data/file/\n",
        _A,
        error="/data/file is not a directory",
    ),
    Case(
        "copy: fails for a directory onto a file",
        BASE + "COPY d /data/file\n",
        {"d/a": "A"},
        error="d is a directory, and /data/file is not",
    ),
    Case(
        "copy: fails for a directory over a file inside",
        BASE + "COPY d /data/\n",
        {"d/file/q": "A"},
        legacy="it replaces the file",
        error="it would make /data/file a directory",
    ),
    Case(
        "copy: fails for a file over a directory inside",
        BASE + "COPY d /data/\n",
        {"d/sub": "A"},
        legacy="it replaces the directory",
        error="/data/sub in the image is one",
    ),
    Case(
        "copy: fails for a directory over a link inside",
        BASE + "COPY d /\n",
        {"d/lib/n": "A"},
        legacy="it replaces the link",
        error="/lib in the image is not",
    ),
    Case(
        "copy: fails in a loop of links",
        BASE + "COPY a /loop\n",
        _A,
        error="/loop leads through a loop",
    ),
    Case(
        "copy: fails without a destination",
        SCRATCH + "COPY a\n",
        _A,
        error="Dockerfile:2: COPY: it needs",
    ),
    Case(
        "copy: fails for an unknown flag",
        SCRATCH + "COPY --own=1 a /b\n",
        _A,
        error="the flag --own is not known",
    ),
    Case(
        "copy: fails for a flag without a value",
        SCRATCH + "COPY --chown a /b\n",
        _A,
        error="--chown needs a value",
    ),
    Case(
        "copy: fails for a flag given twice",
        SCRATCH + "COPY --chown=1 --chown=2 a /b\n",
        _A,
        error="is there twice",
    ),
    Case(
        "copy: several files to one name",
        SCRATCH + "COPY a b /x\n",
        {**_A, "b": "B"},
        legacy=FAILS,
        stricter="BuildKit keeps only the last",
        error="it must be a directory: write /x/",
    ),
)

_PATTERNS = (
    Case("pattern: *", SCRATCH + "COPY *.txt /x/\n", _TREE),
    Case(
        "pattern: * has hidden files",
        SCRATCH + "COPY * /x/\n",
        {".hidden": "h", "b": "b", "d/c": "c"},
    ),
    Case(
        "pattern: directories give what is in them",
        SCRATCH + "COPY d* /x/\n",
        {"d1/a": "A", "d2/b": "B", "d3": "f"},
    ),
    Case("pattern: in folders", SCRATCH + "COPY */*.txt /x/\n", _TREE),
    Case("pattern: ** is *", SCRATCH + "COPY **/*.txt /x/\n", _TREE),
    Case("pattern: below a fixed folder", SCRATCH + "COPY d/?/*.txt /x/\n", _TREE),
    Case(
        "pattern: classes",
        SCRATCH + "COPY [a-b].t[!x]t ?[^z] /x/\n",
        {"a.txt": "A", "b.t!t": "B", "yy": "1", "yz": "2"},
    ),
    Case(
        "pattern: escaped",
        SCRATCH + 'COPY ["[[]a].t", "arr[[]0].txt", "/x/"]\n',
        {"[a].t": "A", "arr[0].txt": "B"},
    ),
    Case(
        "pattern: below a link to a folder",
        SCRATCH + "COPY l/*.txt m/e/?.txt /x/\n",
        {**_TREE, "l": Link("d"), "m": Link("d")},
        legacy=FAILS,
    ),
    Case("pattern: one match to a name", SCRATCH + "COPY *.txt /y\n", {"a.txt": "A"}),
    Case(
        "pattern: links match and are followed",
        SCRATCH + "COPY l* /x/\n",
        {"d/a": "A", "l1": Link("d/a"), "l2": Link("d")},
    ),
    Case("pattern: one of several matches nothing", SCRATCH + "COPY a n* /x/\n", _A),
    Case(
        "pattern: nothing matches",
        SCRATCH + "COPY n* /x/\n",
        _A,
        legacy=FAILS,
        stricter="BuildKit makes an empty layer",
        error="no file in the build context matches n*",
    ),
    Case(
        "pattern: several matches to one name",
        SCRATCH + "COPY *.t /y\n",
        {"a.t": "A", "b.t": "B"},
        legacy=FAILS,
        stricter="BuildKit keeps only the last",
        error="it must be a directory: write /y/",
    ),
    Case(
        "pattern: malformed",
        SCRATCH + "COPY a[ /x/\n",
        {"a[": "A"},
        legacy=FAILS,
        stricter="BuildKit takes it for one that matches nothing",
        error="'a[' has a [ that is not closed",
    ),
)

_OWNERS = (
    Case("chown: numbers", SCRATCH + "COPY --chown=10:20 a /q/1\nCOPY --chown=30 a /q/2\n", _A),
    Case("chown: names", BASE + "COPY --chown=app a /q/1\nCOPY --chown=app:staff a /q/2\n", _A),
    Case(
        "chown: a name and a number",
        BASE + "COPY --chown=7:staff a /q/1\nCOPY --chown=app:77 a /q/2\n",
        _A,
    ),
    Case("chown: an empty user", BASE + "COPY --chown=:staff a /q/1\n", _A, legacy=FAILS),
    Case("chown: an empty group", BASE + "COPY --chown=app: a /q/1\n", _A, legacy=FAILS),
    Case("chown: a variable", SCRATCH + "COPY --chown=${U:-5} a /y\n", _A),
    Case(
        "chown: directories, links, but not what was there",
        BASE + "COPY --chown=9 d /data/\nCOPY --chown=9 d /w/\n",
        {"d/sub/n": "N", "d/l": Link("x")},
    ),
    Case(
        "chown: of users that an instruction adds",
        SCRATCH + "COPY d /etc/\nCOPY --chown=new a /x/y\n",
        {**_A, "d/passwd": "new:x:4:5::/:\n", "d/group": "new:x:5:\n"},
    ),
    Case(
        "chown: unknown user",
        BASE + "COPY --chown=nobody a /q\n",
        _A,
        legacy=FAILS,
        stricter="BuildKit of this age makes root the owner",
        error="there is no user 'nobody': /etc/passwd knows only app, root",
    ),
    Case(
        "chown: unknown group",
        BASE + "COPY --chown=app:wheel a /q\n",
        _A,
        legacy=FAILS,
        stricter="BuildKit of this age makes root the group",
        error="there is no group 'wheel'",
    ),
    Case(
        "chown: fails without users",
        SCRATCH + "COPY --chown=app a /q\n",
        _A,
        error="there is no user 'app': /etc/passwd is not in the image; use a number",
    ),
    Case(
        "chown: the first of a name counts",
        SCRATCH + "COPY d /etc/\nCOPY --chown=u:g a /x/y\n",
        {**_A, "d/passwd": "u:x:4:5::/:\nu:x:6:7::/:\n", "d/group": "g:x:8:\ng:x:9:\n"},
    ),
    Case(
        "chown: users behind a link",
        SCRATCH + "ADD t.tar /\nCOPY --chown=u:g a /x/y\n",
        {
            **_A,
            "t.tar": tar(
                ("etc", "link", "usr/etc"),
                ("usr/etc/passwd", "link", "/data/passwd"),
                ("data/passwd", "file", "u:x:4:5::/:\n"),
                ("usr/etc/group", "file", "g:x:8:\n"),
            ),
        },
    ),
    Case(
        "chown: root without users", SCRATCH + "COPY --chown=root:root a /x/y\n", _A, legacy=FAILS
    ),
    Case(
        "chown: root is 0, whatever the users say",
        SCRATCH + "COPY d /etc/\nCOPY --chown=root a /x/y\n",
        {**_A, "d/passwd": "root:x:4:5::/:\n"},
        legacy="it asks the users",
    ),
    Case(
        "setgid: new folders have the bit and the group",
        BASE + "USER 0\nCOPY d /shared/n/m/\nADD t.tar /shared/t/\nWORKDIR /shared/w/v\n",
        {"d/e/f": "F", "t.tar": tar(("a/b", "file", "1"))},
        legacy="it makes folders as root's",
    ),
    Case(
        "setgid: new folders of an owner have the bit",
        BASE + "USER 7\nCOPY --chown=8:9 d /shared/n/m/\nWORKDIR /shared/w/v\n",
        {"d/e/f": "F"},
        legacy="it makes folders as root's",
    ),
    Case(
        "chmod: files and directories inside",
        BASE + "COPY --chmod=640 d /data/\n",
        {"d/a": "A", "d/e/q": "q"},
        legacy=FAILS,
    ),
    Case(
        "chmod: new folders",
        BASE
        + "COPY --chmod=4710 d /y/z/\nCOPY --chmod=600 d/a /v/w\nCOPY --chmod=1700 d /shared/z\n",
        {"d/a": "A", "d/e/q": "q"},
        newer=f"{_COPY_GO}, Copy and prepareTargetDir: MkdirAll with the mode",
        expected={
            "/y": "0710 0:0",
            "/y/z": "0710 0:0",
            "/y/z/a": "4710 0:0",
            "/y/z/e": "4710 0:0",
            "/v": "0600 0:0",
            "/v/w": "0600 0:0",
            "/shared/z": "2700 0:6",
            "/shared/z/e": "1700 0:0",
        },
    ),
    Case(
        "chmod: changes by letters, in a variable too",
        SCRATCH + "ENV M=u+x,go=\nCOPY --chmod=$M d /y/\nCOPY --chmod=g=u,o+X d /z/\n",
        {"d/a": "A", "d/e/q": "q"},
        newer="frontend/dockerfile/docs/reference.md, COPY --chmod; convert_copy.go, dispatchCopy",
        expected={
            "/y": "0755 0:0",
            "/y/a": "0700 0:0",
            "/y/e": "0700 0:0",
            "/z/a": "0664 0:0",
            "/z/e": "0775 0:0",
        },
    ),
    Case(
        "chmod: with chown",
        SCRATCH + "COPY --chmod=0755 --chown=3:4 a /y\n",
        {**_A, "d/l": Link("x")},
        legacy=FAILS,
    ),
    Case(
        "chmod: not of links",
        BASE + "COPY --chmod=600 d /data/\n",
        {"d/l": Link("x"), "d/f": "f"},
        legacy=FAILS,
    ),
)

_ADDS = (
    Case("add: a file is copied", SCRATCH + "ADD a /x/\n", _A),
    Case(
        "add: a tar is unpacked, as it is",
        SCRATCH + "ADD t.tar /n\n",
        {
            "t.tar": tar(
                ("a", "file", "1", 0o4711, (3, 4)),
                ("d", "dir", None, 0o2750, (5, 6)),
                ("d/l", "link", "../a"),
            )
        },
    ),
    *(
        Case(
            f"add: a tar in {name}",
            SCRATCH + "ADD t /n/\n",
            {"t": compress(tar(("a", "file", "1")))},
        )
        for name, compress in (
            ("gzip", gzip.compress),
            ("bzip2", bz2.compress),
            ("xz", lzma.compress),
        )
    ),
    Case(
        "add: gzip of no tar",
        SCRATCH + "ADD t.gz /n/\n",
        {"t.gz": gzip.compress(b"hello", mtime=0)},
    ),
    Case("add: a tar of nothing is a file", SCRATCH + "ADD t.tar /n/\n", {"t.tar": b"\0" * 10240}),
    Case(
        "add: a tar within a directory is a file",
        SCRATCH + "ADD d /n/\n",
        {"d/t.tar": tar(("a", "file", "1"))},
    ),
    Case(
        "add: a link to a tar",
        SCRATCH + "ADD l /n/\n",
        {"d/t.tar": tar(("a", "file", "1")), "l": Link("d/t.tar")},
    ),
    Case("copy: a tar is a file", SCRATCH + "COPY t.tar /n/\n", {"t.tar": tar(("a", "file", "1"))}),
    Case(
        "add: a tar and a file",
        SCRATCH + "ADD t.tar f /n/\n",
        {"t.tar": tar(("a", "file", "1")), "f": "f"},
    ),
    Case(
        "add: tars by a pattern",
        SCRATCH + "ADD *.tar /n/\n",
        {
            "t.tar": tar(("a", "file", "1"), ("c", "file", "t")),
            "u.tar": tar(("b", "file", "1"), ("c", "file", "u")),
        },
    ),
    Case(
        "add: parents that the tar lacks",
        SCRATCH + "ADD t.tar /n\n",
        {"t.tar": tar(("d/e/f", "file", "1"))},
    ),
    Case(
        "add: names are kept below the destination",
        SCRATCH + "ADD t.tar /n\n",
        {
            "t.tar": tar(
                ("/abs", "file", "1"),
                ("../up", "file", "2"),
                ("d/../e", "file", "3"),
                ("./f", "file", "4"),
            )
        },
    ),
    Case(
        "add: the tar's own root is passed over",
        SCRATCH + "ADD t.tar /n/\n",
        {"t.tar": tar(("./", "dir", None, 0o700, (8, 8)), ("./a", "file", "a"))},
    ),
    Case(
        "add: the later of one name wins",
        SCRATCH + "ADD t.tar /\n",
        {
            "t.tar": tar(
                ("a", "file", "1"),
                ("a", "file", "2"),
                ("b", "dir"),
                ("b/c", "file", "c"),
                ("b", "file", "bb"),
            )
        },
    ),
    Case(
        "add: hard links, which give their file its mode",
        SCRATCH + "ADD t.tar /n\n",
        {"t.tar": tar(("a", "file", "1", 0o600, (3, 3)), ("b", "hard", "a"), ("c/d", "hard", "b"))},
    ),
    Case(
        "add: a hard link outlives its file",
        SCRATCH + "ADD t.tar /n\n",
        {
            "t.tar": tar(
                ("a", "file", "1"), ("b", "hard", "a"), ("c", "hard", "a"), ("a", "file", "2")
            )
        },
    ),
    Case(
        "add: fifos and devices",
        SCRATCH + "ADD t.tar /n\n",
        {"t.tar": tar(("p", "fifo"), ("c", "char", None, 0o666))},
    ),
    Case(
        "add: a file's capability",
        SCRATCH + "ADD t.tar /n\n",
        {
            "t.tar": tar(
                (
                    "ping",
                    "file",
                    "1",
                    0o755,
                    (0, 0),
                    {"SCHILY.xattr.security.capability": "\1\0\0\2\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
                )
            )
        },
    ),
    Case(
        "add: through links in the image",
        BASE + "ADD t.tar /\n",
        {
            "t.tar": tar(
                ("lib/n", "file", "n"), ("bin/m", "file", "m"), ("var/run/q/r", "file", "q")
            )
        },
    ),
    Case(
        "add: a directory in the place of a link",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("lib", "dir"), ("lib/n", "file", "n"))},
    ),
    Case(
        "add: a link in the place of a directory",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("data", "link", "usr"), ("data/z", "file", "z"))},
    ),
    Case(
        "add: a file in the place of a directory",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("data", "file", "n"))},
    ),
    Case(
        "add: a directory in the place of a file",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("data/file", "dir", None, 0o700))},
    ),
    Case(
        "add: directories give theirs their mode",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("data/sub", "dir", None, 0o700, (8, 8)))},
    ),
    Case(
        "add: to another's directory",
        BASE + "ADD t.tar /home/app\n",
        {"t.tar": tar(("x/y", "file", "n"))},
    ),
    Case(
        "add: a tar's links may lead anywhere",
        BASE + "ADD t.tar /data\n",
        {"t.tar": tar(("b", "link", "../../../x"))},
    ),
    Case(
        "add: to a link",
        BASE + "ADD t.tar /link-dir\nADD t.tar /dangling\n",
        {"t.tar": tar(("a", "file", "n"))},
    ),
    Case(
        "add: chown is for all that is in a tar",
        BASE + "ADD --chown=app t.tar /q/r\n",
        {"t.tar": tar(("a", "file", "n", 0o4600, (9, 9)), ("b/c", "file", "n"))},
        newer="solver/llbsolver/file/unpack.go, unpack: TarOptions.ChownOpts",
        expected={
            "/q": "0755 1000:1001",
            "/q/r": "0755 1000:1001",
            "/q/r/a": "4600 1000:1001",
            "/q/r/b": "0755 0:0",
            "/q/r/b/c": "0644 1000:1001",
        },
    ),
    Case(
        "add: a tar in zstd",
        SCRATCH + "ADD t /n/\n",
        {"t": zstandard.compress(tar(("a", "file", "1", 0o600)))},
        newer="moby/go-archive 0.2.0, compression/compression_detect.go, zstdMatcher",
        expected={"/n/a": "0600 0:0", "/n/t": None},
    ),
    Case(
        "add: a tar in old lzma is a file",
        SCRATCH + "ADD t /n/\n",
        {"t": lzma.compress(tar(("a", "file", "1")), format=lzma.FORMAT_ALONE)},
    ),
    Case(
        "add: what begins as gzip and is none is a file",
        SCRATCH + "ADD t u /n/\n",
        {"t": b"\x1f\x8b\x08", "u": b"BZh"},
    ),
    Case(
        "add: a global header is nobody's",
        SCRATCH + "ADD t.tar /n/\n",
        {"t.tar": _GLOBAL_HEADER + tar(("a", "file", "1"))},
    ),
    *(
        Case(
            f"add: fails for a tar {how}",
            SCRATCH + "ADD t /n/\n",
            {"t": gzip.compress(damaged, mtime=0)},
            error="t begins as a tar and cannot be unpacked: not a readable tar",
        )
        for how, damaged in (
            ("with a bad checksum", _TWO[:1172] + b"0000000\0" + _TWO[1180:]),
            ("that is cut in a header", _TWO[:1200]),
            ("that goes on after a block of zeros", _TWO[:1024] + bytes(512) + _TWO[1024:]),
        )
    ),
    Case(
        "add: fails for a hard link to itself",
        SCRATCH + "ADD t.tar /n\n",
        {"t.tar": tar(("a", "file", "1"), ("a", "hard", "a"))},
        error="a tar has a hard link /n/a to /n/a",
    ),
    Case(
        "add: a file becomes a link to its link",
        SCRATCH + "ADD t.tar /n\n",
        {"t.tar": tar(("a", "file", "1"), ("b", "hard", "a"), ("a", "hard", "b"))},
    ),
    Case(
        "add: chmod is not for a tar",
        SCRATCH + "ADD --chmod=600 t.tar f /n/\n",
        {"t.tar": tar(("a", "file", "n")), "f": "f"},
        legacy=FAILS,
    ),
    Case(
        "add: several tars to one name",
        SCRATCH + "ADD *.tar /n\n",
        {"t.tar": tar(("a", "file", "1")), "u.tar": tar(("b", "file", "1"))},
        legacy=FAILS,
        stricter="documented for all sources alike",
        error="it must be a directory: write /n/",
    ),
    Case(
        "add: a hard link to a lower layer",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("b", "hard", "data/file"))},
        stricter="it takes the lower file's bytes",
        error="link /b to /data/file, and a layer can link only to a file in it",
    ),
    Case(
        "add: fails for a hard link to nothing",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("b", "hard", "data/nope"))},
        error="link /b to /data/nope, and a layer can link only to a file in it",
    ),
    Case(
        "add: fails for a tar that ends too soon",
        SCRATCH + "ADD t.tar /n/\n",
        {"t.tar": tar(("a", "file", "1" * 3000))[:1500]},
        error="t.tar begins as a tar and cannot be unpacked",
    ),
    Case(
        "add: fails below a file",
        BASE + "ADD t.tar /\n",
        {"t.tar": tar(("data/file/a", "file", "n"))},
        error="it would make /data/file a directory",
    ),
    Case(
        "add: fails to unpack into a file",
        BASE + "ADD t.tar /data/file\n",
        {"t.tar": tar(("a", "file", "n"))},
        error="/data/file is not a directory",
    ),
    Case(
        "add: links within the destination do not lead out of it",
        BASE + "ADD t.tar /rel\n",
        {"t.tar": tar(("up/a", "file", "n"))},
        error="/rel/up is a link to /rel/data, which does not exist",
    ),
    Case(
        "add: absolute links are the destination's",
        BASE + "ADD t.tar /var\n",
        {"t.tar": tar(("run/a", "file", "n"))},
        error="leads through a loop of symbolic links",
    ),
)

_WORKDIRS = (
    Case("workdir: is made", SCRATCH + "WORKDIR /a//b/\nWORKDIR c\nCOPY a .\n", _A),
    Case(
        "workdir: an absolute one stays as it is written",
        SCRATCH + "WORKDIR /app/\nCOPY a .\nWORKDIR b/\nCOPY a .\nWORKDIR /c//d/../e/.\nCOPY a .\n",
        _A,
    ),
    Case("workdir: from the base's", BASE + "WORKDIR sub/dir\n", legacy="it makes it as root"),
    Case(
        "workdir: is the user's",
        SCRATCH + "USER 55:66\nWORKDIR /a/b\n",
        legacy="it makes it as root",
    ),
    Case(
        "workdir: of a user by name",
        BASE + "USER app:staff\nWORKDIR /w\n",
        legacy="it makes it as root",
    ),
    Case("workdir: that is there", BASE + "USER 5\nWORKDIR /data/sub\nWORKDIR /\nWORKDIR /tmp\n"),
    Case("workdir: through a link", BASE + "USER 0\nWORKDIR /link-dir/new\nCOPY a .\n", _A),
    Case("workdir: a link that leads nowhere", BASE + "USER 0\nWORKDIR /dangling\n"),
    Case("workdir: quotes, spaces and variables", SCRATCH + 'ENV X=x\nWORKDIR "/a b"/$X\n'),
    Case("workdir: of nothing is the root", SCRATCH + "WORKDIR $X\n", legacy=FAILS),
    Case(
        "workdir: fails on a file",
        BASE + "WORKDIR /data/file\n",
        error="Dockerfile:3: WORKDIR: /data/file is not a directory",
    ),
    Case(
        "workdir: fails for a user that is unknown",
        SCRATCH + "USER nobody\nWORKDIR /w\n",
        legacy="it makes it as root",
        error="there is no user 'nobody'",
    ),
)

_VARIABLES = (
    Case(
        "env: quotes and escapes",
        SCRATCH
        + r"""ENV A=a\ b B="x y" C='$A' D="$A" E=\$A F="\$A" G=a"b c"d H="q\"q" I="i'i" J=\\ """
        + r'K="\z" L=\z'
        + "\n",
    ),
    Case("env: the old form", SCRATCH + "ENV A  a b  c \nENV B \"q r\" $A\nENV C 'x'\n"),
    Case(
        "env: substitutions",
        SCRATCH
        + 'ENV E=\nENV A="${N:-d e}" B=${N:+x} C=${PATH:+y} D=${E:-z} F=${N:-${PATH:+in}}\n'
        + "ENV G=$N-x H=${N}x I=$$ J=a$ K=$1x\n",
    ),
    Case(
        "env: in place, in order, from before the instruction",
        SCRATCH + "ENV A=1 Z=z\nENV A=2 B=$A\nENV A=3 PATH=/x:$PATH\n",
    ),
    Case("env: variables in names", SCRATCH + 'ENV K=k\nENV X_$K=1 "q r"=2\n'),
    Case("env: the base's", BASE + "ENV NEW=$FOO FOO=${FOO}x\n"),
    Case(
        "env: fails for a substitution that does not end",
        SCRATCH + "ENV A=${N\n",
        error="Dockerfile:2: ENV: '${N'",
    ),
    Case(
        "env: fails for an unset variable that must be set",
        SCRATCH + "ENV A=${N:?why}\n",
        error="N is not set: why",
    ),
    Case(
        "env: fails for a quote that does not end",
        SCRATCH + 'ENV A="x\n',
        error="a double quote that is not closed",
    ),
    Case(
        "env: fails without a value", SCRATCH + "ENV A\n", error="'A' has no value; write A=value"
    ),
    Case(
        "env: fails for a word that is no pair",
        SCRATCH + "ENV A=1 B\n",
        error="'B' is not name=value",
    ),
    Case("env: fails without a name", SCRATCH + "ENV =1\n", error="a name is missing before a ="),
    Case(
        "arg: before FROM, and again in the stage",
        "ARG V=1\nARG W=${V}w\nFROM scratch\nENV A=$V\nARG V\nENV B=$V\nARG W\nENV C=$W\n",
    ),
    Case(
        "arg: given from outside",
        "ARG V=1\nFROM scratch\nENV A=$V\nARG V\nENV B=$V\nARG V=3\nENV C=$V\nARG N\nENV D=$N\n",
        build_args=("V=9", "N=n", "UNUSED=u"),
    ),
    Case(
        "arg: is not kept, and unset without a value", SCRATCH + "ARG A\nARG B=b\nENV C=x${A}y$B\n"
    ),
    Case(
        "arg: quotes, and several at once",
        SCRATCH + 'ARG V="a b" W=\'c d\'\nENV A=$V B="$V" C=$W\n',
    ),
    Case("arg: its default has variables", SCRATCH + "ENV Q=q\nARG V=$Q-x\nENV A=$V\n"),
    Case(
        "arg: a later ENV hides it",
        SCRATCH + "ARG A=arg\nENV A=env\nENV B=$A\n",
        build_args=("A=cli",),
    ),
    Case(
        "arg: hides an earlier ENV",
        SCRATCH + "ENV A=env\nARG A=arg\nENV B=$A\n",
        legacy="there, ENV always hides it",
    ),
    Case(
        "arg: without a value keeps the one before",
        SCRATCH + "ARG V=1\nARG V=2\nARG V\nENV A=$V\n",
        legacy="there, the value is gone",
    ),
    Case(
        "arg: the platform's",
        SCRATCH + "ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM BUILDARCH\n"
        "LABEL a=$TARGETPLATFORM-$TARGETOS-$TARGETARCH-$TARGETVARIANT-$BUILDPLATFORM-$BUILDARCH\n",
        legacy="it does not have them",
    ),
    Case(
        "arg: the platform's are in FROM, but not in a stage",
        "FROM --platform=$TARGETPLATFORM scratch\nENV A=x$TARGETARCH\n",
        legacy=FAILS,
    ),
    Case(
        "arg: the platform's, given otherwise",
        SCRATCH + "ARG TARGETOS\nENV O=$TARGETOS\n",
        build_args=("TARGETOS=other",),
    ),
    Case(
        "arg: proxies are not for other instructions",
        SCRATCH + "ENV P=x$HTTP_PROXY\n",
        build_args=("HTTP_PROXY=p",),
        legacy="it has them in every instruction",
    ),
    Case("arg: fails without a name", SCRATCH + "ARG =1\n", error="'=1' has no name before the ="),
)

_TEXTS = (
    Case(
        "text: continued lines, comments and blank lines within",
        SCRATCH + "ENV A=1 \\\n# comment\n  B=2 \\\n\n   \\\n  C=3\n  # c\n\tENV D=4\n",
    ),
    Case("text: spaces after the continuation", SCRATCH + "ENV A=1 \\  \n B=2\n"),
    Case("text: a continuation at the end", SCRATCH + "ENV A=1 \\\n"),
    Case("text: an escaped escape does not continue", SCRATCH + "ENV A=1\\\\\nENV B=2\n"),
    Case("text: a word across lines", SCRATCH + "LABEL multi=a\\\nb\n"),
    Case("text: another escape", '# escape=`\nFROM scratch\nENV A=1 `\n B=\\x C=`$D E="a`"b"\n'),
    Case("text: the escape below a comment", "# hello\n# escape=`\nFROM scratch\nENV A=\\$x\n"),
    Case("text: the escape below a blank line", "\n# escape=`\nFROM scratch\nENV A=\\$x\n"),
    Case("text: unknown directives", "# foo=x\n#ESCAPE = `\nFROM scratch\nENV A=`$x\n"),
    Case("text: Windows' line ends", "FROM scratch\r\nENV A=1 \\\r\n  B=2\r\nLABEL x=y\r\n"),
    Case("text: a byte order mark", "\ufeffFROM scratch\nENV A=1\n"),
    Case("text: lower case", 'from scratch\nenv A=1\ncmd ["x"]\n'),
    Case("text: a comment in Latin-1", "# caf\udce9\nFROM scratch\nENV A=1 \\\n# \udce9\n B=2\n"),
    Case(
        "text: fails for two escapes",
        "# escape=`\n# escape=`\nFROM scratch\nENV A=1\n",
        error="Dockerfile:2: the directive escape is there twice",
    ),
    Case(
        "text: fails for a bad escape",
        "# escape=x\nFROM scratch\nENV A=1\n",
        error="'x' is neither",
    ),
    Case("text: fails for no instruction", "\n# nothing\n", error="the file has no instruction"),
    Case(
        "text: fails for an unknown instruction",
        SCRATCH + "COPYY a b\n",
        error="did you mean COPY?",
    ),
    Case(
        "text: fails before FROM",
        "ENV a=b\nFROM scratch\n",
        error="only ARG may stand before the first FROM",
    ),
)

_SETTINGS = (
    Case(
        "label: forms, and in order",
        SCRATCH + 'LABEL a.b="c d" e=\'f $x\' "g h"=i j=$PATH\nLABEL old style\nLABEL a.b=new\n',
    ),
    Case("label: the base's", BASE + "LABEL replaced=new added=a\n"),
    Case(
        "cmd: exec and shell form",
        SCRATCH + 'ENTRYPOINT ["e", "y\\u0041\\n"]\nCMD echo  $HOME "x"  \n',
    ),
    Case(
        "cmd: what is more than an array is none",
        SCRATCH + 'CMD ["a"] b\nENTRYPOINT [NaN]\n',
        newer="frontend/dockerfile/parser/line_parsers.go, parseJSON: json.Unmarshal of all of it",
        expected={
            "Cmd": ["/bin/sh", "-c", '["a"] b'],
            "Entrypoint": ["/bin/sh", "-c", "[NaN]"],
        },
    ),
    Case("cmd: half a character", SCRATCH + 'CMD ["\\ud800", "\\ud83d\\ude00", "\\ude00x"]\n'),
    Case("cmd: single quotes are no array", SCRATCH + "CMD ['a', 'b']\n"),
    Case("cmd: empty", BASE + "CMD []\nENTRYPOINT []\n"),
    Case(
        "cmd: fails for an array of other things",
        SCRATCH + 'CMD ["a", 1]\n',
        error="holds something that is not a string",
    ),
    Case("cmd: fails for a flag", SCRATCH + "CMD --foo x\n", error="the flag --foo is not known"),
    Case("entrypoint: takes away the base's command", BASE + 'ENTRYPOINT ["e"]\n'),
    Case("entrypoint: leaves a command set here", BASE + 'CMD ["c"]\nENTRYPOINT ["e"]\n'),
    Case(
        "shell: for the shell forms after it",
        SCRATCH + 'CMD one\nSHELL ["/bin/x", "-c"]\nENTRYPOINT two\n',
    ),
    Case("shell: fails in shell form", SCRATCH + "SHELL sh -c\n", error="write it as a JSON array"),
    Case("user: variables", BASE + "ARG U=u\nUSER  $U:g  \n"),
    Case("user: none", BASE + "USER $X\n"),
    Case("expose: forms", BASE + "ARG P=90-92\nEXPOSE 80 443/tcp 53/udp $P 8080:81 9/SCTP\n"),
    Case("expose: nothing", SCRATCH + "EXPOSE $P\nENV A=1\n"),
    Case("expose: fails for no port", SCRATCH + "EXPOSE 70000\n", error="'70000' is not a port"),
    Case(
        "expose: fails for a protocol",
        SCRATCH + "EXPOSE 80/foo\n",
        error="names the protocol 'foo'",
    ),
    Case("volume: forms", BASE + 'ARG V=/v\nVOLUME $V /w\nVOLUME ["/a b", "$V"]\n'),
    Case("volume: fails when empty", SCRATCH + 'VOLUME [""]\n', error="none may be empty"),
    Case("stopsignal: a name, a number", SCRATCH + "STOPSIGNAL SIGTERM\nARG s=9\nSTOPSIGNAL $s\n"),
    Case(
        "stopsignal: fails for no signal",
        SCRATCH + "STOPSIGNAL FOO\n",
        error="'FOO' is not a signal",
    ),
    Case("maintainer", SCRATCH + 'MAINTAINER a  b $x "q"\n'),
    Case(
        "healthcheck: shell form and limits",
        SCRATCH
        + "HEALTHCHECK --interval=1m30s --timeout=3s --retries=3 --start-period=1.5s CMD a  b\n",
    ),
    Case("healthcheck: exec form, none", SCRATCH + 'HEALTHCHECK CMD ["a","b"]\n'),
    Case("healthcheck: none", SCRATCH + "HEALTHCHECK CMD a\nHEALTHCHECK NONE\n"),
    Case(
        "healthcheck: the later one",
        SCRATCH + "HEALTHCHECK --interval=1s CMD a\nHEALTHCHECK --timeout=1s CMD b\n",
        legacy="it keeps the interval of the earlier one",
    ),
    Case(
        "healthcheck: 0 stands for the engine's own",
        SCRATCH + "HEALTHCHECK --interval=0s --timeout=+2s --retries=0 CMD a\n",
        newer="frontend/dockerfile/instructions/parse.go, parseOptInterval and parseHealthcheck",
        expected={"Healthcheck": {"Test": ["CMD-SHELL", "a"], "Timeout": 2 * 10**9}},
    ),
    Case(
        "healthcheck: fails for its form",
        SCRATCH + "HEALTHCHECK FOO\n",
        error="write it as HEALTHCHECK CMD",
    ),
    Case(
        "healthcheck: fails for a time",
        SCRATCH + "HEALTHCHECK --interval=1 CMD a\n",
        error="'1' is not a duration",
    ),
)

_STAGES = (
    Case(
        "stage: on another",
        'FROM scratch AS Two\nENV B=2\nARG Q=q\nCOPY a /x/\nCMD ["x"]\n'
        'FROM two\nENV C=$B$Q\nCOPY a /y\nENTRYPOINT ["e"]\n',
        _A,
        legacy="a stage does not inherit arguments there",
    ),
    Case("stage: a target", "FROM scratch AS Two\nENV B=2\nFROM scratch\nENV C=1\n", target="two"),
    Case("stage: the last is built", "FROM scratch AS one\nENV B=2\nFROM scratch\nENV C=1\n"),
    Case(
        "stage: fails without the target",
        "FROM scratch AS Two\nENV B=2\n",
        target="nope",
        error="there is no stage 'nope'; named are: two",
    ),
    Case(
        "stage: fails for a bad name",
        "FROM scratch AS 1x\nENV B=2\n",
        error="a stage cannot be named '1x'",
    ),
    Case("from: variables", "ARG T=scratch\nARG U=${T}\nFROM ${U:-x}\nARG T\nENV X=$T$U\n"),
    Case("from: fails when blank", "ARG T\nFROM $T\nENV A=1\n", error="$T is empty"),
    Case("from: fails for two words", "FROM scratch x\nENV A=1\n", error="write it as FROM image"),
    Case(
        "from: a base without settings",
        "ARG BARE=//bare:image\nFROM $BARE\nCOPY a .\nWORKDIR b\nCOPY a .\n",
        _A,
    ),
    Case(
        "from: a base without settings, labelled", "ARG BARE=//bare:image\nFROM $BARE\nLABEL a=b\n"
    ),
    Case("from: a base as it is", BASE + "LABEL a=b\n"),
)

_IGNORES = (
    _ignoring("*", "*.txt\n"),
    _ignoring("** and !", "**/*.txt\n!d/e/f.txt\n"),
    _ignoring("a directory, and ! within", "d\n!d/e\n"),
    _ignoring("slashes, spaces, comments", "/d/\n/a.txt\n  b.md  \n# c\n\n"),
    _ignoring("all but", "*\n!d/e/f.txt\n!a.txt\n"),
    _ignoring("the Dockerfile and itself", "Dockerfile\n.dockerignore\n"),
    _ignoring("the last rule decides", "!a.txt\n*.txt\n"),
    _ignoring("? and within a folder", "?.txt\nd/?\n"),
    _ignoring("classes", "[ab].*\n"),
    _ignoring("negated classes", "[^a].*\n"),
    _ignoring("** in the middle", "d/**/f.txt\n"),
    _ignoring("** at the end", "d/**\n"),
    _ignoring("all in a folder", "d/*\n"),
    _ignoring("the folder itself is nothing", ".\n"),
    _ignoring("a space after !", "*.txt\n! a.txt\n"),
    _ignoring("a line ends at a newline only", "*.txt\u2028!a.txt\nb.md\x85\u2029\n"),
    _ignoring("a comment in Latin-1", "# \udce9\n*.txt\n"),
    Case(
        "dockerignore: ! takes nothing back of what is below it",
        SCRATCH + "COPY . /c/\n",
        {**_TREE, ".dockerignore": "d/e\n!d\n"},
        newer="moby/patternmatcher 0.6.1, MatchesUsingParentResults; fsutil, filter.go",
        expected={"/c/d/c.txt": "0644 0:0", "/c/d/e": None, "/c/d/e/f.txt": None},
    ),
    _ignoring(
        "fails for a bad pattern",
        "[a\n",
        error=".dockerignore:1: the pattern '[a' has a [ that is not closed",
    ),
    _ignoring("fails for ! alone", "!\n", error=".dockerignore:1: ! stands alone"),
    Case(
        "dockerignore: a source that it hides",
        SCRATCH + "COPY d /c/\n",
        {**_TREE, ".dockerignore": "d"},
        error="d is not in the build context",
    ),
    Case(
        "dockerignore: patterns see what is left",
        SCRATCH + "COPY *.txt *.md /c/\n",
        {**_TREE, ".dockerignore": "a.txt"},
    ),
    Case(
        "dockerignore: empty directories stay",
        SCRATCH + "COPY . /c/\n",
        {"d/x/y": "", "d/z": "", "e": EMPTY_DIRECTORY, ".dockerignore": "d/x/y\n**/z"},
    ),
)

CASES = (
    _COPIES
    + _PATTERNS
    + _OWNERS
    + _ADDS
    + _WORKDIRS
    + _VARIABLES
    + _TEXTS
    + _SETTINGS
    + _STAGES
    + _IGNORES
)
