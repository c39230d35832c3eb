"""Cases for the differential test from a seed: odd sources, destinations and tars, in any order.

The same seed gives the same case on every machine. Most of what they ask for makes an image; the
rest, every builder has to refuse.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from plinth.oci.testing.differential_cases import (
    BASE,
    EMPTY_DIRECTORY,
    SCRATCH,
    Case,
    Content,
    Link,
    Script,
    tar,
)

# Names that meet in the context, in tars and in the base image.
_NAMES = ("a", "b", "file", "sub", "lib", "x", "d")
_FOLDERS = ("", "", "data/", "usr/", "lib/", "home/app/", "rel/up/", "bin/")
_PATTERNS = ("*", "?", "a*", "*/*", "[a-d]", ".")
_DESTINATIONS = (
    *("/", "/new", "/new/", "/new/deep/", "/etc", "/tmp/x", "/home/app/"),
    *("/data", "/data/", "/data/file", "/data/sub", "/data/sub/"),
    *("/lib", "/lib/", "/bin/q", "/link-dir", "/link-dir/", "/link-file", "/var/run/"),
    *("/dangling", "/dangling/", "/rel/up", "/rel/up/"),
    *(".", "./", "..", "sub", "sub/"),
)
_WORKDIRS = ("/data", "w", "/link-dir/n", "/new/w", "..", "/tmp", "/data/file")


def generated_case(seed: int) -> Case:
    """The case of this seed."""
    rng = random.Random(seed)
    files = _context(rng)
    lines = [_instruction(rng, files) for _ in range(rng.randint(1, 3))]
    base = BASE if rng.random() < 0.8 else SCRATCH
    return Case(f"seed {seed}", base + "\n".join(lines) + "\n", files)


def _path(rng: random.Random, depth: int) -> str:
    return "/".join(rng.choice(_NAMES) for _ in range(rng.randint(1, depth)))


def _context(rng: random.Random) -> Mapping[str, Content]:
    files: dict[str, Content] = {"a/b": "A"}
    for _ in range(rng.randint(2, 7)):
        path = _path(rng, 3)
        if any(f"{path}/".startswith(f"{p}/") or f"{p}/".startswith(f"{path}/") for p in files):
            continue
        files[path] = rng.choice(
            [
                *("1", "22", Script("run"), "3", "4"),
                Link(rng.choice(["a", "../a", "/b", "x/d", "."])),
                EMPTY_DIRECTORY,
                *(_tar(rng), _tar(rng)),
            ]
        )
    return files


def _tar(rng: random.Random) -> bytes:
    entries: list[tuple[object, ...]] = []
    for _ in range(rng.randint(1, 5)):
        path = rng.choice(_FOLDERS) + _path(rng, 2)
        kind = rng.choice(["file"] * 5 + ["dir"] * 3 + ["link"] * 2 + ["hard"] * bool(entries))
        owner = (rng.choice([0, 5]), rng.choice([0, 3]))
        if kind == "file":
            mode = rng.choice([0o644, 0o600, 0o4755])
            entries.append((path, kind, rng.choice("123"), mode, owner))
        elif kind == "dir":
            entries.append((path, kind, None, rng.choice([0o755, 0o700, 0o1777]), owner))
        elif kind == "link":
            target = rng.choice(["a", "../b", "/data", "/usr/lib", "sub"])
            entries.append((path, kind, target))
        else:
            entries.append((path, kind, rng.choice(entries)[0]))
    return tar(*entries)


def _instruction(rng: random.Random, files: Mapping[str, Content]) -> str:
    kind = rng.random()
    if kind < 0.1:
        return f"WORKDIR {rng.choice(_WORKDIRS)}"
    if kind < 0.15:
        return f"USER {rng.choice(['app', '5', '0', '7:staff'])}"
    sources = []
    for _ in range(rng.choice([1, 1, 1, 2])):
        name = rng.choice(sorted(files))
        sources.append(
            rng.choice([name, name, name.split("/")[0], rng.choice(_PATTERNS)])
            if rng.random() < 0.98
            else "missing"
        )
    keyword = rng.choice(["COPY", "ADD", "ADD"])
    flag = rng.choice(["", "", "", "--chown=app ", "--chown=9:staff ", "--chmod=755 "])
    if keyword == "ADD" and "--chown" in flag:
        flag = ""  # of a tar, the BuildKit of engine 20.10 reads it otherwise than a current one
    return f"{keyword} {flag}{' '.join(sources)} {rng.choice(_DESTINATIONS)}"
