"""The policies that Terraform gives to each role, enforced: what is needed is allowed, and no more.

The same files are read here and by `templatefile` in deploy/terraform.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from delivery.core.errors import AwsError, DeliveryError
from delivery.edges.aws import Aws
from delivery.operations import canary
from delivery.operations.adopt import adopt
from delivery.operations.rollback import rollback
from delivery.operations.sign import sign
from delivery.operations.status import status
from delivery.operations.verify import verify
from delivery_testing.alarms import put_alarm
from delivery_testing.crash import counted
from delivery_testing.enforcement import ACCOUNT, enforced, policy
from delivery_testing.world import BUCKET, REGION, World, world

POLICIES = Path("deploy/terraform/policies")
FIRST, SECOND = "2026-11-23.1", "2026-11-23.2"
_ECR = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
_ANYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ROLES = ("delivery-dev", "delivery-prod", "delivery-ledger", "delivery-signing")
SETTINGS = """role = "{role}"
alarm = "{{name}}-errors"
canary = [{{percent = 10, wait = "1s"}}]"""


def template(name: str) -> str:
    return (POLICIES / f"{name}.json").read_text()


def arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


@dataclass
class Company:
    """A world with the roles and people of deploy/terraform. `asked` is what each was allowed."""

    aws: World
    asked: dict[str, set[str]]
    monkeypatch: pytest.MonkeyPatch
    keys: dict[str, dict[str, str]]

    def log_in(self, user: str) -> World:
        """From now on the commands are this user's."""
        for name, value in self.keys[user].items():
            self.monkeypatch.setenv(name, value)
        self.aws.aws = Aws()
        return self.aws

    def client(self, service: str, **more: Any) -> Any:
        """A client of who has logged in; boto3's own session would stay the first one's."""
        return boto3.Session().client(service, region_name=REGION, **more)

    def as_role(self, service: str, role: str) -> Any:
        """A client with a role's permissions, for what delivery itself never asks."""
        return self.aws.aws.client(service, REGION, arn(role))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    with founded(tmp_path, monkeypatch) as made, enforced() as asked:
        made.asked = asked
        yield made


@contextmanager
def founded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    with world(folder, ("dev", "prod"), ("authorizer", "docs"), adopted=False) as aws:
        aws.release(FIRST, signed=False)
        aws.release(SECOND, signed=False)
        for name in aws.lambdas:
            put_alarm(aws, name)
        ledger_key = _ledger_key(aws)
        aws.configure(
            keys=f'role = "{arn("delivery-signing")}"\npublic_keys = [{{file = "one.pem", '
            'signs = ["releases"]}, {file = "ledger.pem", signs = ["ledger"]}]',
            ledger=f'key = "alias/ledger"\nrole = "{arn("delivery-ledger")}"',
            dev=SETTINGS.format(role=arn("delivery-dev")),
            prod=SETTINGS.format(role=arn("delivery-prod")),
        )
        keys = _people(aws, ledger_key)
        bucket_policy = policy(template("ledger-bucket"), bucket=BUCKET)
        aws.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=bucket_policy)
        aws.client("lambda").delete_alias(FunctionName="dev-docs", Name="live")
        monkeypatch.delenv("AWS_SESSION_TOKEN")
        yield Company(aws, {}, monkeypatch, keys)


def _ledger_key(aws: World) -> str:
    kms = aws.client("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    kms.create_alias(AliasName="alias/ledger", TargetKeyId=key["KeyId"])
    aws.configure(ledger='key = "alias/ledger"')
    (aws.folder / "ledger.pem").write_text(aws.delivery.ledger.signer.public_pem())
    return str(key["Arn"])


def _people(aws: World, ledger_key: str) -> dict[str, dict[str, str]]:
    """Roles and users with their policies; the users' credentials."""
    releases = aws.client("kms").describe_key(KeyId="alias/releases")["KeyMetadata"]["Arn"]
    roles = {
        **{
            f"delivery-{name}": policy(
                template("environment"), region=REGION, account=ACCOUNT, functions=f"{name}-*"
            )
            for name in aws.environments
        },
        "delivery-ledger": policy(template("ledger"), bucket=BUCKET, key=ledger_key),
        "delivery-signing": policy(template("signing"), key=releases),
    }
    users = {
        "promoter": policy(
            template("promoter"),
            roles=json.dumps([arn(each) for each in ROLES if each != "delivery-signing"]),
            repositories=f"{_ECR}/company/*",
        ),
        "releaser": policy(
            template("releaser"),
            role=arn("delivery-signing"),
            releases=f"{_ECR}/company/releases",
        ),
        "administrator": json.dumps(_ANYTHING),
    }
    iam = aws.client("iam")
    for name, document in roles.items():
        who = ["releaser"] if name == "delivery-signing" else ["promoter"]
        principals = json.dumps([f"arn:aws:iam::{ACCOUNT}:user/{each}" for each in who])
        trust = policy(template("trust"), principals=principals)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="delivery", PolicyDocument=document)
    return {name: _user(iam, name, document) for name, document in users.items()}


def _user(iam: Any, name: str, document: str) -> dict[str, str]:
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="delivery", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def everything(company: Company) -> None:
    """All that delivery asks of AWS: canaries, lost aliases and versions, the ways back."""
    company.monkeypatch.setattr(canary, "pause", lambda seconds: None)
    aws = company.log_in("releaser")
    for release in (FIRST, SECOND):
        sign(aws.delivery, release, aws.registry.host, "urn:test")
    aws = company.log_in("promoter")
    dev = aws.delivery.config.environment("dev")
    adopt(aws.delivery, dev)
    _goes_back(company)
    aws.promote(FIRST, "dev")
    aws.promote(SECOND, "dev", canary=True)
    verify(aws.delivery, dev)
    rollback(aws.delivery, dev)
    # On a machine that has read none of the entries yet.
    shutil.rmtree(aws.folder / "cache")
    status(aws.delivery, [dev])


def _goes_back(company: Company) -> None:
    """A promotion that makes an alias, and takes it away since another cannot be moved."""
    aws = company.aws

    def meddles(function: str, digest: str, event: object) -> object:
        company.as_role("lambda", "delivery-dev").update_alias(
            FunctionName="dev-authorizer", Name="live", FunctionVersion="1", Description="by hand"
        )
        return {"ok": True}

    aws.behaviour.answer = meddles
    with pytest.raises(DeliveryError, match="is as it was"):
        aws.promote(FIRST, "dev")
    aws.behaviour.answer = lambda function, digest, event: {"ok": True}


def test_all_that_is_needed_is_allowed(company: Company) -> None:
    everything(company)
    assert company.aws.stage("dev").hold


def test_nothing_is_allowed_that_is_not_needed(company: Company) -> None:
    everything(company)
    for role, file in (
        ("delivery-dev", "environment"),
        ("delivery-ledger", "ledger"),
        ("delivery-signing", "signing"),
    ):
        assert company.asked[role] == _actions(file), role
    # The rest is for ECR's own registry, which moto has not: only its API.
    assert company.asked["promoter"] - {"sts:GetCallerIdentity"} == {"sts:AssumeRole"}
    assert {each for each in _actions("promoter") if not each.startswith("ecr:")} == {
        "sts:AssumeRole"
    }
    assert {each for each in _actions("releaser") if not each.startswith("ecr:")} == {
        "sts:AssumeRole"
    }


def _actions(file: str) -> set[str]:
    values = dict.fromkeys(("region", "account", "functions", "bucket", "key"), "x")
    values |= {"repositories": "x", "releases": "x", "role": "x", "roles": "[]"}
    found: set[str] = set()
    for statement in json.loads(policy(template(file), **values))["Statement"]:
        actions = statement["Action"]
        found |= {actions} if isinstance(actions, str) else set(actions)
    return found


def test_a_role_reaches_no_other_environment(company: Company) -> None:
    company.log_in("promoter")
    dev = company.as_role("lambda", "delivery-dev")
    assert dev.get_alias(FunctionName="dev-authorizer", Name="live")
    for call in (
        lambda: dev.get_alias(FunctionName="prod-docs", Name="live"),
        lambda: dev.update_alias(FunctionName="prod-docs", Name="live", FunctionVersion="1"),
        lambda: dev.update_function_code(FunctionName="prod-docs", ImageUri="x/y@sha256:0"),
        lambda: dev.delete_function(FunctionName="dev-authorizer"),
    ):
        _denied(call)


def test_who_promotes_can_sign_no_release(company: Company) -> None:
    company.log_in("promoter")
    ledger = company.as_role("kms", "delivery-ledger")
    message = {"Message": b"x" * 32, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert ledger.sign(KeyId="alias/ledger", **message)
    _denied(lambda: ledger.sign(KeyId="alias/releases", **message))
    with pytest.raises(AwsError, match="AccessDenied"):
        sign(company.aws.delivery, FIRST, company.aws.registry.host, "urn:test")


def test_who_signs_can_promote_nothing(company: Company) -> None:
    aws = company.log_in("releaser")
    sign(aws.delivery, FIRST, aws.registry.host, "urn:test")
    with pytest.raises(AwsError, match="AccessDenied"), counted() as calls:
        aws.promote(FIRST, "dev")
    assert "PutObject" not in calls.made


@pytest.mark.parametrize("who", ["the ledger's role", "an administrator"])
def test_nobody_removes_an_entry_or_writes_over_it(company: Company, who: str) -> None:
    aws = company.log_in("promoter")
    adopt(aws.delivery, aws.delivery.config.environment("dev"))
    if who == "an administrator":
        company.log_in("administrator")
        s3, plain = (company.client("s3", use_ssl=tls) for tls in (True, False))
        _denied(lambda: plain.get_object(Bucket=BUCKET, Key="ledger/dev/00000001.json"))
    else:
        s3 = company.as_role("s3", "delivery-ledger")
    first = {"Bucket": BUCKET, "Key": "ledger/dev/00000001.json"}
    _denied(lambda: s3.delete_object(**first))
    _denied(lambda: s3.put_object(**first, Body=b"{}"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**first, Body=b"{}", IfNoneMatch="*")
    assert s3.get_object(**first)
    s3.put_object(Bucket=BUCKET, Key="ledger/dev/00000002.json", Body=b"{}", IfNoneMatch="*")


# What each does to an ECR repository: as the registry's own protocol asks for it on AWS.
_IMAGE = {"imageIds": [{"imageTag": "one"}]}
_ECR_CALLS: dict[str, dict[str, Any]] = {
    "ecr:BatchGetImage": _IMAGE,
    "ecr:DescribeImages": {},
    "ecr:GetDownloadUrlForLayer": {"layerDigest": f"sha256:{'a' * 64}"},
    "ecr:BatchCheckLayerAvailability": {"layerDigests": [f"sha256:{'a' * 64}"]},
    "ecr:InitiateLayerUpload": {},
    "ecr:UploadLayerPart": {
        "uploadId": "1",
        "partFirstByte": 0,
        "partLastByte": 1,
        "layerPartBlob": b"{}",
    },
    "ecr:CompleteLayerUpload": {"uploadId": "1", "layerDigests": [f"sha256:{'a' * 64}"]},
    "ecr:PutImage": {"imageManifest": "{}", "imageTag": "two"},
    "ecr:BatchDeleteImage": _IMAGE,
    "ecr:DeleteRepository": {},
    "ecr:PutLifecyclePolicy": {"lifecyclePolicyText": '{"rules": []}'.ljust(100)},
}


@pytest.mark.parametrize(
    ("who", "reaches", "not_this"),
    [
        ("promoter", "company/docs", "elsewhere"),
        ("releaser", "company/releases", "company/docs"),
    ],
)
def test_of_ecr_each_may_do_what_its_policy_says_where_it_says_it(
    company: Company, who: str, reaches: str, not_this: str
) -> None:
    company.log_in("administrator")
    ecr = company.client("ecr")
    for repository in (reaches, not_this):
        ecr.create_repository(repositoryName=repository)
    company.log_in(who)
    ecr = company.client("ecr")
    assert ecr.get_authorization_token()["authorizationData"]
    given = {each for each in _actions(who) if each.startswith("ecr:")}
    assert given <= {"ecr:GetAuthorizationToken", *_ECR_CALLS}
    for action, arguments in _ECR_CALLS.items():
        for repository in (reaches, not_this):
            allowed = _is_allowed(ecr, action, {"repositoryName": repository, **arguments})
            assert allowed == (action in given and repository == reaches), (action, repository)


def _is_allowed(client: Any, action: str, arguments: dict[str, Any]) -> bool:
    """Whether a policy lets a call through; what comes of it then is no matter."""
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower()
    try:
        getattr(client, method)(**arguments)
    except ClientError as error:
        return "AccessDenied" not in str(error)
    except NotImplementedError:
        # moto's own, of a call that it let through.
        pass
    return True


def test_a_role_is_taken_by_those_alone_whom_it_trusts(company: Company) -> None:
    """Also somebody whose own policy allows anything."""
    company.log_in("administrator")
    sts = company.client("sts")
    for role in ROLES:
        _denied(lambda role=role: sts.assume_role(RoleArn=arn(role), RoleSessionName="other"))
    company.log_in("promoter")
    sts = company.client("sts")
    assert sts.assume_role(RoleArn=arn("delivery-dev"), RoleSessionName="own")


def test_nobody_else_takes_a_role(company: Company) -> None:
    company.log_in("releaser")
    sts = company.client("sts")
    _denied(lambda: sts.assume_role(RoleArn=arn("delivery-dev"), RoleSessionName="other"))


def _denied(call: Any) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        call()
