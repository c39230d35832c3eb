"""Attacks on the record, its signature, the registry and the ledger: a clear refusal each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.core.errors import LedgerError, RecordError, SignatureError
from delivery.edges import releases
from delivery.edges.aws import Aws
from delivery.edges.registry import MANIFEST, Manifest
from delivery.operations.sign import sign
from delivery_testing.crash import counted
from delivery_testing.kill_table import FIRST, SECOND
from delivery_testing.refusals import ANYBODY, refused
from delivery_testing.world import BUCKET, World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


# Signatures


def test_an_unsigned_release_is_refused(aws: World) -> None:
    assert "is not signed" in refused(aws, aws.release(FIRST, signed=False))["signature"]


def test_a_record_that_was_changed_after_it_was_signed_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    signed = aws.registry.manifests["releases", release]
    aws.release(release, changed="tampered", signed=False)
    assert "is not signed" in refused(aws, release)["signature"]
    _refer(aws, signed, release)
    assert "in what was signed" in refused(aws, release)["signature"]


def test_an_envelope_of_an_older_release_is_refused(aws: World) -> None:
    old = aws.registry.manifests["releases", aws.release(FIRST)]
    release = aws.release(SECOND, signed=False)
    _refer(aws, old, release)
    assert f"made for the release {FIRST}" in refused(aws, release)["signature"]


def test_an_envelope_by_another_key_is_refused(aws: World) -> None:
    release = aws.release(FIRST, signed=False)
    _signed_by_a_strangers_key(aws, release)
    assert "the keys in use are one.pem" in refused(aws, release)["signature"]


def test_a_ledger_entry_by_another_key_is_found(aws: World) -> None:
    release = aws.release(FIRST)
    aws.new_key("alias/releases", "other.pem")
    aws.configure(keys='public_keys = [{file = "one.pem"}, {file = "other.pem"}]')
    aws.promote(release, "dev")
    second = aws.release(SECOND)
    aws.configure(keys='public_keys = [{file = "one.pem"}]')
    with pytest.raises(LedgerError, match="keys in use"):
        aws.promote(second, "dev")


def test_a_record_that_names_another_commit_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    signed = aws.registry.manifests["releases", release]
    images = json.loads(_record_bytes(aws, release))["images"]
    aws.git("commit", "--quiet", "--allow-empty", "-m", "second")
    aws.put_record(release, aws.git("rev-parse", "HEAD"), images)
    _refer(aws, signed, release)
    assert "the envelope is of commit" in refused(aws, release)["signature"]


def test_a_release_whose_record_was_made_again_starts_from_the_first_stage(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.release(FIRST, changed="again")
    assert f"never ran {FIRST}" in refused(aws, FIRST, "prod")["order"]


def test_a_tag_that_leads_to_another_record_is_refused(aws: World) -> None:
    aws.release(FIRST)
    aws.release(SECOND)
    aws.registry.manifests["releases", SECOND] = aws.registry.manifests["releases", FIRST]
    with pytest.raises(RecordError, match="the tag was moved"):
        aws.promote(SECOND, "dev")


def test_a_retired_key_vouches_for_no_release(aws: World) -> None:
    release = aws.release(FIRST)
    aws.new_key("alias/releases", "two.pem")
    retired = '{file = "one.pem", retired = 2099-01-01T00:00:00Z}'
    aws.configure(keys=f'public_keys = [{{file = "two.pem"}}, {retired}]')
    assert "keys in use are two.pem" in refused(aws, release)["signature"]
    sign(aws.delivery, release, aws.registry.host, "urn:test")
    aws.promote(release, "dev")


def test_a_key_that_nobody_would_accept_signs_nothing(aws: World) -> None:
    release = aws.release(FIRST, signed=False)
    kms = aws.client("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    kms.update_alias(AliasName="alias/releases", TargetKeyId=key["KeyId"])
    with pytest.raises(SignatureError, match="none of the public keys"):
        sign(aws.delivery, release, aws.registry.host, "urn:test")


def _refer(aws: World, signed: bytes, release: str) -> None:
    """Attach to a release the envelopes of another record."""
    registry = aws.delivery.registry(aws.registry.host)
    other = releases.Found(_record(aws, release), Manifest(signed, MANIFEST))
    found = releases.find(registry, "releases", release)
    for envelope in releases.envelopes(registry, "releases", other):
        releases.attach(registry, "releases", found, envelope)


def _signed_by_a_strangers_key(aws: World, release: str) -> None:
    """In a repository where the stranger's key is known; ours does not know it."""
    kms = aws.client("kms")
    own = kms.describe_key(KeyId="alias/releases")["KeyMetadata"]["KeyId"]
    aws.new_key("alias/releases", "stranger.pem")
    aws.configure(keys='public_keys = [{file = "stranger.pem"}]')
    sign(aws.delivery, release, aws.registry.host, "urn:test")
    kms.update_alias(AliasName="alias/releases", TargetKeyId=own)
    aws.configure(keys='public_keys = [{file = "one.pem"}]')


def _record_bytes(aws: World, release: str) -> bytes:
    registry = aws.delivery.registry(aws.registry.host)
    manifest = registry.manifest("releases", release)
    assert manifest is not None
    return registry.blob("releases", manifest.document["layers"][0]["digest"])


def _record(aws: World, release: str) -> Any:
    return releases.find(aws.delivery.registry(aws.registry.host), "releases", release).record


# Registry and repository


def test_a_digest_that_the_registry_lost_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    aws.registry.lose("lambdas/docs", aws.digests[release, "docs"])
    assert "not in the registry" in refused(aws, release)["registry"]


def test_a_digest_under_which_the_registry_has_other_bytes_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    aws.registry.manifests["lambdas/docs", aws.digests[release, "docs"]] = b"{}"
    assert "answers with" in refused(aws, release)["registry"]


def test_a_tag_that_was_moved_changes_nothing_since_digests_are_promoted(aws: World) -> None:
    release = aws.release(FIRST)
    aws.registry.put_manifest("lambdas/docs", {"layers": ["other"]}, tag="latest")
    aws.promote(release, "dev")
    assert aws.serves("dev") == aws.wanted(release)


def test_a_commit_that_is_not_on_main_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    aws.git("checkout", "--quiet", "--orphan", "other")
    aws.git("commit", "--quiet", "--allow-empty", "-m", "not merged")
    aws.git("branch", "--force", "main", "other")
    assert "is not on main" in refused(aws, release)["main"]
    aws.git("update-ref", "-d", "refs/heads/main")
    assert "git cannot tell" in refused(aws, release)["main"]


# The ledger


Change = Callable[[Any, str], None]


def _remove(s3: Any, key: str) -> None:
    s3.delete_object(Bucket=BUCKET, Key=key)


def _alter(s3: Any, key: str) -> None:
    envelope = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    payload = base64.b64decode(envelope["payload"]).replace(b'"promote"', b'"rollback"')
    envelope["payload"] = base64.b64encode(payload).decode()
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(envelope).encode())


def _swap(s3: Any, key: str) -> None:
    other = key.replace("00000002", "00000003")
    bodies = [s3.get_object(Bucket=BUCKET, Key=each)["Body"].read() for each in (key, other)]
    for each, body in zip((other, key), bodies, strict=True):
        s3.put_object(Bucket=BUCKET, Key=each, Body=body)


@pytest.mark.parametrize(
    ("change", "entry", "says"),
    [
        (_remove, 2, "entry 2 is missing"),
        (_remove, 1, "entry 1 is missing"),
        (_remove, 4, "lacks entry"),
        (_alter, 2, "altered"),
        (_swap, 2, "changed at entry 2"),
    ],
)
def test_a_ledger_that_was_tampered_with_is_found(
    aws: World, change: Change, entry: int, says: str
) -> None:
    aws.promote(aws.release(FIRST), "dev")
    if (change, entry) == (_remove, 4):
        # Without its end, and what that end's aliases were moved by.
        _remove(aws.client("s3"), "ledger/dev/00000003.json")
    change(aws.client("s3"), f"ledger/dev/{entry:08}.json")
    release = aws.release(SECOND)
    with pytest.raises(LedgerError, match=says):
        aws.promote(release, "dev")


def test_an_entry_is_fetched_once_and_checked_each_time(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    length = len(aws.chain("dev"))
    with counted() as calls:
        assert len(aws.chain("dev")) == length
    assert calls.made == ["ListObjectsV2"]
    for kept in (aws.folder / "cache/plinth/delivery/ledger").iterdir():
        kept.write_bytes(kept.read_bytes().replace(b'"sig": "M', b'"sig": "N'))
    with counted() as calls:
        assert len(aws.chain("dev")) == length
    assert calls.made.count("GetObject") == length
