"""The record that container tests leave: which image they passed on, for another job to publish.

docs/fingerprint.md says where it lies, docs/tested.schema.json is its schema.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from plinth.images.errors import ImageError

FORMAT = 1
SUFFIX = ".tested.json"
"""What follows an image's path below `dist/` in the name of its record."""


@dataclass(frozen=True)
class TestRecord:
    """`tests` passed on the image at `address` with this digest, made of what `fingerprint` is of.

    For an image that Docker built, `digest` is its id in the engine that tested it.
    """

    __test__ = False

    address: str
    digest: str
    fingerprint: str
    tests: tuple[str, ...]

    def dump(self) -> str:
        """The record's text: the same record gives the same."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2) + "\n"

    def problem(self, address: str, digest: str, fingerprint: str) -> str:
        """Why the record is none of an image with this digest and fingerprint; empty if it is.

        The digest decides. The fingerprint tells what to look for when it is another one.
        """
        if self.address != address:
            return f"its record is one of {self.address}"
        if self.digest == digest:
            return ""
        if self.fingerprint == fingerprint:
            return (
                f"its tests passed on {self.digest}, and this run made {digest} from the same "
                "inputs: the build is not reproducible. Test and publish it in one run"
            )
        return (
            f"its tests passed on {self.digest}, and this is {digest}, made of other inputs "
            f"(fingerprint {fingerprint}, tested {self.fingerprint}). Test this commit"
        )


def parse_record(text: str, origin: str) -> TestRecord:
    """The record in `text`; `origin` names it in the `ImageError` raised for anything else."""
    try:
        document = json.loads(text)
        if document["format"] == FORMAT:
            fields = ("address", "digest", "fingerprint")
            texts = {name: _text(document[name]) for name in fields}
            return TestRecord(**texts, tests=tuple(_text(test) for test in document["tests"]))
        problem = f"it has format {document['format']!r}, and this version of Plinth reads {FORMAT}"
    except (ValueError, KeyError, TypeError) as error:
        problem = f"it is no record of tests ({type(error).__name__}: {error})"
    raise ImageError(f"{origin}: {problem}. Make it with `./pants tested`.")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value
