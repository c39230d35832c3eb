"""A release's way from dev to prod and back, for people to watch: `ci/deliver-demo` runs it.

The release, its images and the registry are real; moto stands for AWS, with one function for each
lambda in four environments. Every step is a command as a developer types it. At the end the digests
that Lambda resolved are compared with the record's.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from delivery.cli import inspection, promotion, signature
from delivery.cli.app import run
from delivery.core.record import Image
from delivery.edges import releases
from delivery.edges.registry import Registry
from delivery_testing.moto_corrections import corrected

REGION, BUCKET, KEY = "eu-west-2", "plinth-ledger", "alias/plinth-releases"
ENVIRONMENTS = ("dev", "test", "preprod", "prod")
# What they are imported for: each adds its commands.
COMMANDS = (inspection, promotion, signature)


def main(release: str, host: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    record = releases.find(Registry(host), "releases", release).record
    lambdas = [each for each in record.images if each.address.startswith("lambdas/")]
    first = next(each for each in record.images if each not in lambdas)
    board = folder / "board.html"
    with moto():
        configuration = folder / "delivery.toml"
        configuration.write_text(toml(host, lambdas))
        os.environ["DELIVERY_CONFIG"] = str(configuration.resolve())
        create(host, first, lambdas)
        key(folder)
        for environment in ENVIRONMENTS:
            delivery("adopt", environment)
        delivery("sign", release)
        delivery("plan", release, "--to", "dev")
        say(f"\nA stage cannot be skipped: {ENVIRONMENTS[-1]} refuses it now.")
        delivery("promote", release, "--to", ENVIRONMENTS[-1], expected=1)
        for environment in ENVIRONMENTS:
            delivery("promote", release, "--to", environment)
            must_run(environment, {each.name: each.digest for each in lambdas})
        delivery("status")
        delivery("rollback", "prod", "-m", "to see that it can be done")
        must_run("prod", {each.name: first.digest for each in lambdas})
        delivery("history", "prod")
        delivery("board", "-o", str(board))
    # `make demo` shows these.
    summary = [
        f"signed {release}: {len(lambdas)} functions; prod refused it while preprod had not had it",
        f"{' → '.join(ENVIRONMENTS)}: each ran the record's digests, as Lambda resolved them",
        f"prod rolled back to what it ran before; the board: {board}",
    ]
    (folder / "summary.txt").write_text("\n".join(summary) + "\n")
    say("\n" + "\n".join(summary))


@contextmanager
def moto() -> Iterator[None]:
    """An AWS in this process, which the commands find as they find any AWS."""
    removed = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE")
    for name in removed:
        os.environ.pop(name, None)
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_DEFAULT_REGION=REGION
    )
    with mock_aws(), corrected():
        yield


def toml(host: str, lambdas: list[Image]) -> str:
    """A whole `delivery.toml`."""
    lines = [
        f'registry = "{host}"',
        # A clone need not know the main branch by a name.
        'main = "HEAD"',
        f'[signing]\nkey = "{KEY}"\nregion = "{REGION}"\npublic_keys = [{{file = "demo.pem"}}]',
        f'[ledger]\nbucket = "{BUCKET}"\nregion = "{REGION}"',
    ]
    for name in ENVIRONMENTS:
        lines += [
            f'[[environments]]\nname = "{name}"\nregion = "{REGION}"',
            f'function = "{name}-{{name}}"\nrequests_per_second = 1000',
        ]
    lines += [f"[smoke.{each.name}]\nevent = {{}}\nexpect = {{ok = true}}" for each in lambdas]
    return "\n".join(lines) + "\n"


def create(host: str, first: Image, lambdas: list[Image]) -> None:
    """What is there beforehand: bucket, key, functions with an alias on some first image."""
    client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    kms = client("kms")
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    kms.create_alias(AliasName=KEY, TargetKeyId=made["KeyId"])
    role = client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument="{}")
    functions = client("lambda")
    for function in (f"{stage}-{each.name}" for stage in ENVIRONMENTS for each in lambdas):
        functions.create_function(
            FunctionName=function,
            Role=role["Role"]["Arn"],
            PackageType="Image",
            Code={"ImageUri": f"{host}/{first.repository}@{first.digest}"},
        )
        functions.publish_version(FunctionName=function)
        functions.create_alias(FunctionName=function, Name="live", FunctionVersion="1")


def key(folder: Path) -> None:
    """The public key, which the repository holds and a pull request reviews."""
    from cryptography.hazmat.primitives import serialization

    found = client("kms").get_public_key(KeyId=KEY)["PublicKey"]
    pem = serialization.load_der_public_key(found).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "demo.pem").write_bytes(pem)


def must_run(environment: str, digests: Mapping[str, str]) -> None:
    """The environment's aliases run these digests by lambda, as Lambda resolved them."""
    functions = client("lambda")
    for name, digest in digests.items():
        function = f"{environment}-{name}"
        code = functions.get_function(FunctionName=function, Qualifier="live")["Code"]
        resolved = code["ResolvedImageUri"].partition("@")[2]
        if resolved != digest:
            sys.exit(f"{function} runs {resolved}, and it should run {digest}")


def delivery(*arguments: str, expected: int = 0) -> None:
    say(f"\n$ delivery {shlex.join(arguments)}")
    code = run(list(arguments))
    if code != expected:
        sys.exit(f"delivery {arguments[0]} ended with {code}, not {expected}")


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
