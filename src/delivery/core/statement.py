"""What is signed of a release: an in-toto Statement v1 with SLSA provenance v1.

Its subjects are the record itself and every image, by digest. So an envelope fits one record
only, and an image outside it is not vouched for.
"""

from __future__ import annotations

import json
from typing import Any

from delivery.core.errors import SignatureError
from delivery.core.record import Record

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
# What our release job does; docs/delivery.md describes its parameters, as SLSA asks for.
BUILD_TYPE = "urn:plinth:release:v1"
RECORD = "release.json"


def statement(record: Record, ref: str, builder: str) -> bytes:
    """The statement's bytes: the same record, ref and builder give the same."""
    subjects = [
        {"name": RECORD, "digest": {"sha256": record.sha256}},
        *(
            {"name": each.repository, "digest": {"sha256": _hex(each.digest)}}
            for each in record.images
        ),
    ]
    document = {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PROVENANCE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"release": record.id, "ref": ref},
                "resolvedDependencies": _materials(record),
            },
            "runDetails": {"builder": {"id": builder}, "metadata": {"invocationId": record.id}},
        },
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def check(payload: bytes, record: Record) -> None:
    """Raises `SignatureError` unless the statement is of this very record.

    A valid signature only says that somebody signed something: it could be an older release's.
    """
    try:
        document: dict[str, Any] = json.loads(payload)
        definition = document["predicate"]["buildDefinition"]
        signed = {each["name"]: each["digest"]["sha256"] for each in document["subject"]}
        named = definition["externalParameters"]["release"]
        commits = [
            each["digest"]["gitCommit"]
            for each in definition["resolvedDependencies"]
            if "gitCommit" in each["digest"]
        ]
        types = (document["_type"], document["predicateType"])
    except (ValueError, KeyError, TypeError) as error:
        raise SignatureError(f"what is signed is no in-toto statement ({error})") from error
    if types != (STATEMENT, PROVENANCE):
        raise SignatureError(f"what is signed is a {types[1]}, not {PROVENANCE}")
    if named != record.id:
        raise SignatureError(f"the envelope was made for the release {named}, not {record.id}")
    if commits != [record.commit]:
        raise SignatureError(f"the envelope is of commit {commits}, the record of {record.commit}")
    expected = {each.repository: _hex(each.digest) for each in record.images}
    expected[RECORD] = record.sha256
    for name in sorted(expected.keys() | signed.keys()):
        if expected.get(name) != signed.get(name):
            raise SignatureError(
                f"{name} is {expected.get(name, 'not there')} in the record and "
                f"{signed.get(name, 'not there')} in what was signed"
            )


def _materials(record: Record) -> list[dict[str, Any]]:
    commit = {"uri": "git", "digest": {"gitCommit": record.commit}}
    files = sorted({**record.runtime, **record.locks, **record.toolchain}.items())
    return [commit, *({"uri": path, "digest": {"sha256": digest}} for path, digest in files)]


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
