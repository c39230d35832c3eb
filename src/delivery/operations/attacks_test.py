"""Attacks and faults, each on a world of its own: a clear refusal, or a completed operation."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sts.models import AssumedRole

from delivery.core.errors import DeliveryError, LedgerError, Refused, SignatureError, Taken
from delivery.core.retention import parse_policy
from delivery.edges import releases
from delivery.edges.aws import Aws
from delivery.edges.functions import Functions
from delivery.edges.ledger import Ledger
from delivery.edges.registry import MANIFEST, Manifest
from delivery.operations import retention
from delivery.operations.adopt import adopt
from delivery.operations.plan import make_plan
from delivery.operations.promote import Order, promote
from delivery.operations.rollback import rollback
from delivery.operations.sign import sign
from delivery.operations.verify import verify
from delivery_testing.crash import counted
from delivery_testing.moto_corrections import Unhandled
from delivery_testing.world import BUCKET, World, world

CLIENTS = Aws()
FIRST, SECOND = "2026-11-23.1", "2026-11-23.2"
ANYBODY = 'overrides = {lift-hold = ["*"], skip-soak = ["*"]}'


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


def refused(aws: World, release: str, environment: str = "dev", **more: Any) -> dict[str, str]:
    """The gates that are closed, with what they say; and that nothing was changed."""
    serving, length = aws.serves(environment), len(aws.chain(environment))
    with pytest.raises(Refused) as raised:
        aws.promote(release, environment, **more)
    assert aws.serves(environment) == serving
    assert len(aws.chain(environment)) == length
    return {each.gate: str(each) for each in raised.value.refusals}


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
    release = aws.release(FIRST)
    aws.new_key("alias/releases", "other.pem")
    aws.configure(keys='public_keys = [{file = "one.pem"}, {file = "other.pem"}]')
    aws.promote(release, "dev")
    second = aws.release(SECOND)
    aws.configure(keys='public_keys = [{file = "one.pem"}]')
    with pytest.raises(LedgerError, match="keys in use"):
        aws.promote(second, "dev")


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


# Environments


def test_drift_is_refused_and_the_same_release_repairs_it(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.move_by_hand("dev", "docs", "1")
    assert "docs: the alias points to version 1" in refused(aws, aws.release(SECOND))["drift"]
    aws.promote(FIRST, "dev")
    assert aws.serves("dev") == aws.wanted(FIRST)
    aws.promote(SECOND, "dev")


def test_weights_set_by_hand_are_drift(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    routing = {"AdditionalVersionWeights": {"1": 0.25}}
    aws.move_by_hand("dev", "docs", "2", RoutingConfig=routing)
    assert "25% to version 1" in refused(aws, aws.release(SECOND))["drift"]
    aws.promote(FIRST, "dev")
    assert aws.weights("dev") == {}


def test_an_alias_moved_between_plan_and_promotion_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    delivery = aws.delivery
    plan = make_plan(delivery, release, delivery.config.environment("dev"), {}).plan
    aws.move_by_hand("dev", "docs", "1", Description="touched")
    assert "docs" in refused(aws, release, plan=plan)["plan"]


def test_a_plan_is_carried_out_as_it_is(aws: World) -> None:
    release = aws.release(FIRST)
    delivery = aws.delivery
    plan = make_plan(delivery, release, delivery.config.environment("dev"), {}).plan
    done = aws.promote(release, "dev", plan=plan)
    assert done.plan.changes == plan.changes


def test_an_alias_moved_by_hand_during_a_promotion_sends_all_back(
    aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = aws.release(FIRST)
    before = aws.serves("dev")
    aws.client("lambda").publish_version(FunctionName="dev-docs")
    original = Functions.invoke

    def meddles(self: Functions, function: str, version: str, event: Any) -> Any:
        if function == "dev-reload":
            aws.move_by_hand("dev", "docs", "1", Description="by hand")
        return original(self, function, version, event)

    monkeypatch.setattr(Functions, "invoke", meddles)
    with pytest.raises(DeliveryError, match="is as it was"):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before
    assert aws.stage("dev").open is None


def test_a_missing_function_is_refused(aws: World) -> None:
    aws.client("lambda").delete_function(FunctionName="dev-docs")
    release = aws.release(FIRST)
    with pytest.raises(Refused, match="dev-docs of docs does not exist"):
        aws.promote(release, "dev")
    assert len(aws.chain("dev")) == 1


def test_an_empty_environment_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with world(tmp_path, ("dev",), adopted=False, aws=CLIENTS) as aws:
        release = aws.release(FIRST)
        for name in aws.lambdas:
            aws.client("lambda").delete_function(FunctionName=f"dev-{name}")
        delivery = aws.delivery
        with pytest.raises(Refused) as raised:
            promote(delivery, Order(release, delivery.config.environment("dev")))
        gates = [each.gate for each in raised.value.refusals]
        assert gates == ["ledger", *["function"] * 3]


def test_an_update_that_stays_in_progress_leaves_all_as_it_was(aws: World) -> None:
    aws.configure(dev='update_timeout = "1s"')
    release, before = aws.release(FIRST), aws.serves("dev")
    aws.behaviour.stuck.add("dev-docs")
    with pytest.raises(DeliveryError, match="still InProgress"):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before
    aws.behaviour.stuck.clear()
    aws.promote(release, "dev")
    assert aws.serves("dev") == aws.wanted(release)


def test_a_soak_is_by_the_clock_of_aws(aws: World) -> None:
    aws.configure(dev='soak = "1h"')
    release = aws.release(FIRST)
    aws.promote(release, "dev")
    assert "1 h are asked for" in refused(aws, release, "prod")["soak"]
    aws.behaviour.ahead = timedelta(minutes=61)
    aws.promote(release, "prod")


def test_a_stage_that_fails_its_verification_is_revoked_for_the_next(aws: World) -> None:
    release = aws.release(FIRST)
    aws.promote(release, "dev")

    def fails(function: str, digest: str, event: object) -> object:
        raise Unhandled("no such table")

    aws.behaviour.answer = fails
    delivery = aws.delivery
    found = verify(delivery, delivery.config.environment("dev"))
    assert len(found.problems) == 3
    assert "did not verify" in refused(aws, release, "prod")["order"]
    aws.behaviour.answer = lambda function, digest, event: {"ok": True}
    assert verify(delivery, delivery.config.environment("dev")).problems == ()
    aws.promote(release, "prod")


# The ledger


def test_two_operators_at_once_one_wins_the_other_is_told(
    aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = aws.release(FIRST), aws.release(SECOND)
    original = Ledger.append
    raced: list[bool] = []

    def races(self: Ledger, draft: Any, head: Any) -> Any:
        if not raced:
            raced.append(True)
            aws.promote(second, "dev")
        return original(self, draft, head)

    monkeypatch.setattr(Ledger, "append", races)
    with pytest.raises(Taken, match="has changed dev meanwhile"):
        aws.promote(first, "dev")
    assert aws.serves("dev") == aws.wanted(second)


def test_an_operation_that_may_be_alive_is_left_and_a_dead_one_is_settled(aws: World) -> None:
    first, second = aws.release(FIRST), aws.release(SECOND)
    _crash_at(aws, first, "Invoke")
    assert "delivery resume dev" in refused(aws, second)["operation"]
    aws.behaviour.ahead = timedelta(minutes=16)
    aws.promote(second, "dev")
    assert aws.serves("dev") == aws.wanted(second)


def _crash_at(aws: World, release: str, operation: str) -> None:
    with counted(at=operation):
        aws.promote(release, "dev")


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


# AWS


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredTokenException", "log in again"),
        ("AccessDeniedException", "what each role must be allowed"),
        ("TooManyRequestsException", "requests_per_second"),
    ],
)
def test_what_aws_refuses_is_explained(aws: World, code: str, says: str) -> None:
    release, before = aws.release(FIRST), aws.serves("dev")
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")
    with counted(step=6, error=error), pytest.raises(DeliveryError, match=says):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before


# Rollback


def test_a_rollback_goes_to_the_last_good_release_and_holds(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    delivery = aws.delivery
    with counted() as calls:
        done = rollback(delivery, delivery.config.environment("dev"), reason="orders fail")
    assert aws.serves("dev") == aws.wanted(FIRST)
    assert done.entry.release is not None
    assert done.entry.release.id == FIRST
    assert not {"UpdateFunctionCode", "PublishVersion"} & set(calls.made)
    assert "orders fail" in refused(aws, SECOND)["hold"]
    assert "rolled back from" in refused(aws, SECOND, "prod")["order"]
    aws.promote(SECOND, "dev", overrides={"lift-hold": "fixed"})
    assert aws.stage("dev").hold is None


def test_a_rollback_makes_a_version_again_that_is_gone(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    aws.client("lambda").delete_function(FunctionName="dev-docs", Qualifier="2")
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == aws.wanted(FIRST)


def test_a_rollback_to_what_the_registry_lost_is_refused_beforehand(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    aws.registry.lose("lambdas/docs", aws.digests[FIRST, "docs"])
    delivery = aws.delivery
    with pytest.raises(Refused, match="not in the registry"):
        rollback(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == aws.wanted(SECOND)


# Adoption


def test_adoption_writes_what_runs_and_touches_nothing(tmp_path: Path) -> None:
    with world(tmp_path, ("dev",), adopted=False, aws=CLIENTS) as aws:
        delivery = aws.delivery
        with counted() as calls:
            entry = adopt(delivery, delivery.config.environment("dev"))
        assert {name: each.digest for name, each in (entry.functions or {}).items()} == (
            aws.serves("dev")
        )
        writes = {each for each in calls.made if not each.startswith(("Get", "List", "Head"))}
        assert writes == {"PutObject", "Sign"}


# Roles and ECR


def test_a_role_session_that_expires_during_a_promotion_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = 'role = "arn:aws:iam::123456789012:role/delivery"'
    original = AssumedRole.__init__

    def ends_soon(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.expiration -= timedelta(minutes=59, seconds=30)

    monkeypatch.setattr(AssumedRole, "__init__", ends_soon)
    with world(tmp_path, ("dev",), dev=role) as aws:
        release = aws.release(FIRST)
        with counted() as calls:
            aws.promote(release, "dev")
        assert aws.serves("dev") == aws.wanted(release)
    assert calls.made.count("AssumeRole") > 1


def test_a_lifecycle_policy_is_held_against_what_ecr_has(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    ecr = aws.client("ecr")
    repositories = {"first", *(f"lambdas/{name}" for name in aws.lambdas)}
    for repository in repositories:
        ecr.create_repository(repositoryName=repository)
    for name, digest in aws.wanted(FIRST).items():
        manifest = aws.registry.manifests[f"lambdas/{name}", digest].decode()
        ecr.put_image(repositoryName=f"lambdas/{name}", imageManifest=manifest, imageDigest=digest)
    delivery = aws.delivery
    uses = retention.digests_in_use(delivery, entries=5)
    held = retention.ecr_images(delivery, "eu-west-2", uses)
    assert {each.digest for each in held} == set(aws.wanted(FIRST).values())
    selection = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days"}
    rule = {"rulePriority": 1, "selection": {**selection, "countNumber": 30}}
    policy = parse_policy(
        json.dumps({"rules": [{**rule, "action": {"type": "expire"}}]}).encode(), "policy.json"
    )
    today = datetime.now(UTC)
    assert retention.losses(policy, held, uses, today) == ()
    lost = retention.losses(policy, held, uses, today + timedelta(days=31))
    assert {each.use.digest for each in lost} == set(aws.wanted(FIRST).values())
