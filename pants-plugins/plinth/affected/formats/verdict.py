"""What a reviewer has to know of an answer, in a sentence or two."""

from __future__ import annotations

from plinth.affected.formats.counts import affected_images, affected_tests, counted
from plinth.affected.formats.readable import brief
from plinth.affected.model import Answer, Kind

# More names than these are a number.
_MOST_NAMES = 3


def verdict(answer: Answer) -> str:
    """Which images will differ, because of which change, and how much is tested first.

    ``All 17 images will differ, because of boto3 1.34.0 → 1.35.0. 58 tests run first.``
    """
    if answer.everything:
        return "It is not known what this change reaches: build and test everything."
    images, tests = affected_images(answer), affected_tests(answer)
    if not answer.targets:
        return "Nothing that ships or is tested will differ."
    if not images:
        return f"No image will differ. {_run(tests)}."
    return f"{_images(answer, images)} will differ{_because(answer)}. {_run(tests)} first."


def _images(answer: Answer, number: int) -> str:
    if number > _MOST_NAMES:
        whole = f"{number} of" if answer.unaffected.images else "All"
        return f"{whole} {counted(number + answer.unaffected.images, 'image')}"
    names = [target.target for target in answer.targets if target.kind is Kind.IMAGE]
    named = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"Only {named}" if answer.unaffected.images else named


def _because(answer: Answer) -> str:
    """The change that is behind the images, if one alone is; else how many are."""
    images = (target for target in answer.targets if target.kind is Kind.IMAGE)
    behind = {chain.change for image in images for chain in image.chains}
    if not behind:
        return ""
    return f", because of {brief(*behind) if len(behind) == 1 else f'{len(behind)} changes'}"


def _run(tests: int) -> str:
    if not tests:
        return "No test runs"
    return f"{counted(tests, 'test')} {'runs' if tests == 1 else 'run'}"
