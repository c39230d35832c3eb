"""Makes a release: `python -m plinth.release.make --help`.

The record is made only when the registry has every image under its tag, with its digest. It goes to
the registry as an artefact, under its id, which is set once. What is in it follows from the commit
alone, so that it does not matter when it is made, or which others are there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import digest_of
from plinth.oci.format.reference import Repository
from plinth.oci.publish.one import Registries, publish_image
from plinth.oci.publish.publication import REFUSED, SKIPPED, Publication
from plinth.oci.publish.publish import usual_registries
from plinth.oci.registry.client import Registry
from plinth.oci.registry.whole import lacking_of, names
from plinth.release.artefact import (
    FINGERPRINTS,
    FINGERPRINTS_TYPE,
    SBOM_TYPE,
    Document,
    artefact,
    find_release,
    sbom_name,
)
from plinth.release.errors import ReleaseError
from plinth.release.record import Release, ReleasedImage

# They wait for the network nearly all of the time.
_WORKERS = 16
_CANNOT_BE_PULLED = "cannot be pulled, for the registry has lost"


def make(
    release: Release,
    documents: Sequence[Document],
    repository: Repository,
    ancestors: Iterable[str],
    registries: Registries,
    folder: Path,
) -> str:
    """Make the release in the registry, by way of an empty `folder`; what was done.

    `ancestors` are the ids that releases of earlier commits would have, newest first: what the
    nearest that is there has too is told. Raises `ReleaseError` when an image is missing, or
    another release has the id.
    """
    registry = registries.connect(repository.host)
    _check_images(release, repository.host, registries)
    stack = artefact(release, documents, folder)
    carried = _carried(release, registry, repository, ancestors)
    outcome = publish_image(Publication(stack, repository, release.id), registries)
    if outcome.status == REFUSED:
        raise ReleaseError(
            f"{repository}:{release.id} is another record than this commit gives, and a record is "
            f"never changed. It stays as it is: {outcome.why}"
        )
    if not outcome.is_there:
        raise ReleaseError(outcome.why)
    reference = repository.at(stack.image.digest)
    how = "is there already" if outcome.status == SKIPPED else "made"
    return f"release {release.id} {how}: {reference}{carried}"


def _check_images(release: Release, host: str, registries: Registries) -> None:
    """Raises `ReleaseError` unless the registry has every image, whole, under its tag."""

    def problem(image: ReleasedImage) -> str:
        repository = Repository(host, image.repository)
        found = registries.connect(host).find_manifest(repository.path, image.tag)
        if found is None:
            return f"{repository}:{image.tag} is not there"
        if found.descriptor.digest != image.digest:
            return f"{repository}:{image.tag} is {found.descriptor.digest}, not {image.digest}"
        lost = lacking_of(repository, found, registries.connect)
        return f"{repository}:{image.tag} {_CANNOT_BE_PULLED}: {names(lost)}" if lost else ""

    with ThreadPoolExecutor(_WORKERS) as pool:
        wrong = dict(zip(release.images, pool.map(problem, release.images)))
    wrong = {image: why for image, why in wrong.items() if why}
    if not wrong:
        return
    # Named, because an image that is published without its base is asked for all of its blobs.
    is_lost = all(_CANNOT_BE_PULLED in why for why in wrong.values())
    what = " ".join(image.address for image in wrong) if is_lost else "::"
    raise ReleaseError(
        "\n  ".join(("no release: not every image is published.", *wrong.values()))
        + f"\nRun `./pants publish {what}` first."
    )


def _carried(
    release: Release, registry: Registry, repository: Repository, ancestors: Iterable[str]
) -> str:
    """How much of the release the nearest before it has too: told, and no part of the record."""
    try:
        ids = frozenset(registry.tags(repository.path))
        before = next((each for each in ancestors if each in ids), None)
        previous = find_release(registry, repository.path, before) if before else None
    except (OciError, ReleaseError) as error:
        return f"; what the release before it holds is not known: {error}"
    if previous is None:
        return ""
    same = len({each.key for each in release.images} & {each.key for each in previous.images})
    return f"; {same} of {len(release.images)} images as in {previous.id}"


def _image(value: Mapping[str, Any], sbom: bytes) -> ReleasedImage:
    return ReleasedImage(**{**value, "unlocked": tuple(value["unlocked"]), "sbom": digest_of(sbom)})


def read_plan(plan: Path) -> tuple[Release, list[Document], Repository, list[str]]:
    """What `make` needs, from a plan and the documents in its folder."""
    value = json.loads(plan.read_text())
    boms = {
        each["repository"]: (plan.parent / sbom_name(each["repository"])).read_bytes()
        for each in value["images"]
    }
    images = tuple(_image(each, boms[each["repository"]]) for each in value["images"])
    fingerprints = (plan.parent / FINGERPRINTS).read_bytes()
    documents = [
        Document(FINGERPRINTS, FINGERPRINTS_TYPE, fingerprints),
        *(Document(sbom_name(path), SBOM_TYPE, bom) for path, bom in sorted(boms.items())),
    ]
    release = Release(**{**value["release"], "images": images})
    return release, documents, Repository.parse(value["repository"]), value["ancestors"]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.release.make",
        description="Make a release of images that are published.",
    )
    parser.add_argument("--plan", type=Path, required=True, help="the release, as JSON")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write it to")
    options = parser.parse_args(argv)
    try:
        release, documents, repository, ancestors = read_plan(options.plan)
        registries = usual_registries()
        with tempfile.TemporaryDirectory(prefix="plinth-release-") as folder:
            told = make(release, documents, repository, ancestors, registries, Path(folder))
        for each in documents:
            path = options.out / release.id / each.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(each.content)
        (options.out / f"{release.id}.json").write_bytes(release.dump())
    except (OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
