"""Makes a new version of one function and tries it. Nothing that serves changes.

1. Give `$LATEST` the image by digest, on condition that nobody changed it since it was seen.
2. Wait until Lambda has taken it, and compare what it *resolved* with the digest.
3. Publish a version, on condition that `$LATEST` is still that, and wait for it.
4. Invoke the version with the lambda's smoke event.

Done again after a crash it goes on: an image that is there is not sent again, and Lambda publishes
no second version of the same code.
"""

from __future__ import annotations

from dataclasses import dataclass

from delivery.core import smoke as smokes
from delivery.core.config import Smoke
from delivery.core.entry import Running
from delivery.core.errors import AwsError
from delivery.core.observed import Code
from delivery.edges.functions import Functions
from delivery.operations.delivery import Progress


@dataclass(frozen=True)
class Wanted:
    """A version to make: `image` is `host/repository@digest`, `latest` what `$LATEST` was."""

    name: str
    function: str
    image: str
    digest: str
    latest: Code
    description: str
    smoke: Smoke | None


def prepare(functions: Functions, wanted: Wanted, progress: Progress) -> Running:
    """The version that runs the digest and answers its smoke event. Raises `AwsError`."""
    if wanted.latest.digest != wanted.digest:
        progress(wanted.name, "updates its code")
        functions.update(wanted.function, wanted.image, wanted.latest.revision)
    latest = functions.settled(wanted.function)
    _compare(wanted, latest)
    progress(wanted.name, "publishes a version")
    version = functions.publish(wanted.function, latest, wanted.description)
    _compare(wanted, functions.settled(wanted.function, version))
    try_out(functions, wanted.name, wanted.function, version, wanted.smoke, progress)
    progress(wanted.name, "ready")
    return Running(version=version, digest=wanted.digest, image=wanted.image)


def try_out(
    functions: Functions,
    name: str,
    function: str,
    version: str,
    smoke: Smoke | None,
    progress: Progress,
) -> None:
    """Invokes a version with its smoke event. Raises `AwsError` unless it answers as expected."""
    if smoke is None or smoke.skip:
        return
    progress(name, "smoke test")
    answer = functions.invoke(function, version, smoke.event)
    wrong = answer.error or smokes.unexpected(smoke, answer.payload)
    if wrong:
        raise AwsError(f"{function}:{version} failed its smoke test: {wrong}.")


def _compare(wanted: Wanted, code: Code) -> None:
    if code.digest != wanted.digest:
        raise AwsError(
            f"Lambda resolved {wanted.function}:{code.version} to {code.digest}, and "
            f"{wanted.digest} was asked for: somebody else deploys it too."
        )
