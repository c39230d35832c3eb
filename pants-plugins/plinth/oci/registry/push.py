"""Pushes an image to a registry: only what it lacks, and a tag only when all the rest is there.

As a program: `python -m plinth.oci.registry.push --help`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Protocol, TypeVar

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import Descriptor
from plinth.oci.format.layout import Stack, find_blob, read_blob, read_stack
from plinth.oci.format.reference import Repository, is_loopback, is_tag, parse_pinned
from plinth.oci.registry.client import Registry, per_thread
from plinth.oci.registry.transport import Traffic, Transport

T = TypeVar("T")


class PushRefused(OciError):
    """An image that must not be pushed where it was to go."""


class Each(Protocol):
    """As `map`; it may call from several threads at once."""

    def __call__(
        self, do: Callable[[Descriptor], T], blobs: Iterable[Descriptor], /
    ) -> Iterable[T]:
        """The results, in the blobs' order."""


@dataclass(frozen=True)
class Pushed:
    """An image that a registry has, complete: `reference` is `repository@sha256:…`.

    How each blob came there, by digest: its bytes were `uploaded`, it was `mounted` from another
    repository, or it was `present`.
    """

    reference: str
    tag: str | None = None
    uploaded: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()
    present: tuple[str, ...] = ()


def push(
    stack: Stack,
    repository: Repository,
    tag: str | None = None,
    *,
    connect: Callable[[str], Registry] = Registry,
    mount_from: Iterable[str] = (),
    each: Each = map,
    say: Callable[[str], None] = lambda _: None,
) -> Pushed:
    """Push the image on top of the stack, and point the tag at it.

    A registry that has its manifest, or the tag, is asked for each blob all the same. Blobs that it
    shares with its bases are mounted from their repositories: those in `mount_from`, the ones
    beside `repository` that bear the bases' names, and that of an external base. Where the registry
    does not offer it, they are uploaded. `each` has them go one after the other or side by side.
    Raises `PushRefused` for an unlocked image on its way to a registry that is not on loopback,
    `OciError` for anything else that goes wrong; the tag has not moved then.
    """
    _refuse_unlocked(stack, repository.host)
    image, path = stack.image, repository.path
    connect = per_thread(connect)
    registry = connect(repository.host)
    reference = repository.at(image.digest)
    manifest = read_blob(image.descriptor, [image.root])
    is_tagged = tag is None or registry.manifest_digest(path, tag) == image.digest
    is_there = (tag and is_tagged) or registry.manifest_digest(path, image.digest) is not None
    # Of one whose manifest is there most blobs are, too: so they are asked for before all else.
    place = _Placement(stack, repository, connect, mount_from, ask_first=bool(is_there))
    placed: dict[str, list[str]] = {"uploaded": [], "mounted": [], "present": []}
    for blob, how in zip(image.blobs, each(place, image.blobs)):
        placed[how].append(blob.digest)
        if not (is_there and how == "present"):
            say(f"{image.name}: {blob.digest[:19]} {_size(blob.size)} {how}")
    names = (*(() if is_there else (image.digest,)), *(() if is_tagged else (tag,)))
    for name in filter(None, names):
        registry.put_manifest(path, name, image.descriptor.media_type, manifest)
    if names or placed["uploaded"] or placed["mounted"]:
        say(f"{image.name}: pushed {reference}" + (f" as {tag}" if tag else ""))
    elif tag:
        say(f"{image.name}: in the registry already, as {repository}:{tag}")
    return Pushed(reference, tag, **{how: tuple(digests) for how, digests in placed.items()})


def _refuse_unlocked(stack: Stack, host: str) -> None:
    if stack.unlocked and not is_loopback(host):
        raise PushRefused(
            f"refused to push {stack.image.name} to {host}: its runtime is not the locked one "
            f"({stack.unlocked}). Update the lock with `make lock`, and build again without "
            f"PLINTH_UNLOCKED."
        )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


class _Placement:
    """Brings an image's blobs into one repository, from any thread."""

    def __init__(
        self,
        stack: Stack,
        repository: Repository,
        connect: Callable[[str], Registry],
        mount_from: Iterable[str],
        ask_first: bool,
    ) -> None:
        self._stack = stack
        self._ask_first = ask_first
        self._host, self._path = repository.host, repository.path
        self._connect = connect
        self._external = parse_pinned(stack.external_base)[0] if stack.external_base else None
        beside = (_beside(repository.path, stack.image.name, base.name) for base in stack.bases)
        external = self._external
        far = (external.path,) if external and external.host == repository.host else ()
        sources = dict.fromkeys((*mount_from, *beside, *far))
        self._sources = tuple(source for source in sources if source != self._path)

    def __call__(self, blob: Descriptor) -> str:
        """See to it that the repository has the blob; how that came about."""
        registry = self._connect(self._host)
        is_own = self._stack.image.holds(blob)
        ask_first = self._ask_first or is_own
        if ask_first and registry.has_blob(self._path, blob):
            return "present"
        if not is_own:
            for source in self._sources:
                if registry.mount_blob(self._path, blob.digest, source):
                    return "mounted"
        if not ask_first and registry.has_blob(self._path, blob):
            return "present"
        file = find_blob(blob, self._stack.roots)
        if file is not None:
            registry.upload_blob(self._path, blob, file)
        else:
            self._copy(blob, registry)
        return "uploaded"

    def _copy(self, blob: Descriptor, registry: Registry) -> None:
        """Take a blob of the external base from the registry that has it."""
        if self._external is None:
            raise OciError(
                f"{self._stack.image.root} refers to {blob.digest}, which neither it nor a base of "
                f"it holds: {', '.join(map(str, self._stack.roots))}. Package the image again."
            )
        with tempfile.TemporaryDirectory(prefix="plinth-push-") as folder:
            file = Path(folder) / "blob"
            self._connect(self._external.host).download_blob(self._external.path, blob, file)
            registry.upload_blob(self._path, blob, file)


def _beside(path: str, image: str, base: str) -> str:
    """Where the base is when its name stands in its repository's path as the image's does.

    `plinth/a` → `plinth/base` for the names `a` and `base`; when the path does not end in the
    image's name, its last part is replaced.
    """
    if path == image or path.endswith(f"/{image}"):
        return path[: len(path) - len(image)] + base
    return "/".join((*path.split("/")[:-1], base))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.oci.registry.push",
        description="Push an image, given its layout and those of its bases. Only what the "
        "registry lacks is sent; the tag is set last. Prints repository@digest.",
    )
    parser.add_argument("--layout", type=Path, required=True, help="the image's layout")
    parser.add_argument(
        "--base-layout",
        type=Path,
        action="append",
        default=[],
        help="the layout of an image that it stands on; may be repeated",
    )
    parser.add_argument("--repository", required=True, help="host[:port]/name to push to")
    parser.add_argument(
        "--tag", help="the tag to set; without it the image is known by digest only"
    )
    parser.add_argument(
        "--mount-from",
        action="append",
        default=[],
        metavar="NAME",
        help="a repository of the same registry that may hold the bases' layers; may be repeated. "
        "Those beside --repository that bear the bases' names are always tried",
    )
    parser.add_argument(
        "--json", action="store_true", help="print what was done, requests and bytes, as JSON"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    parser = _parser()
    options = parser.parse_args(argv)
    if options.tag is not None and not is_tag(options.tag):
        parser.error(f"--tag {options.tag!r}: a tag is letters, digits, `_`, `.` and `-`")
    traffic = Traffic()
    try:
        pushed = push(
            read_stack(options.layout, options.base_layout),
            Repository.parse(options.repository),
            options.tag,
            connect=lambda host: Registry(host, Transport(record=traffic.record)),
            mount_from=options.mount_from,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except (OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(_report(pushed, traffic), indent=2) if options.json else pushed.reference)
    return 0


def _report(pushed: Pushed, traffic: Traffic) -> dict[str, object]:
    return {
        "reference": pushed.reference,
        "tag": pushed.tag,
        "uploaded": list(pushed.uploaded),
        "mounted": list(pushed.mounted),
        "present": list(pushed.present),
        "requests": traffic.requests,
        "bytes_sent": traffic.sent,
        "bytes_received": traffic.received,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
