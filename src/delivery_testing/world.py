"""An AWS, a registry and a repository of a test's own, with environments and functions in them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from delivery.core.chain import Stored
from delivery.core.stage import Stage
from delivery.edges.aws import Aws
from delivery.edges.registry import MANIFEST, digest_of
from delivery.operations.adopt import adopt
from delivery.operations.delivery import Delivery, load
from delivery.operations.observe import read_stage
from delivery.operations.promote import Order, Promoted, promote
from delivery.operations.sign import sign
from delivery_testing.loopback_registry import LoopbackRegistry, running_registry
from delivery_testing.moto_corrections import Behaviour, corrected

REGION = "eu-west-2"
BUCKET = "ledger-bucket"
ENVIRONMENTS = ("dev", "test", "preprod", "prod")
LAMBDAS = ("authorizer", "docs", "reload")
NEW: Mapping[str, str] = {}
_ROLE = "functions"
_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
_OF_THE_MACHINE = ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "DELIVERY_CONFIG")


def digest(text: str) -> str:
    """A digest that stands for nothing stored."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class World:
    """What a test acts in. Each call of `delivery` is a new command."""

    folder: Path
    registry: LoopbackRegistry
    behaviour: Behaviour
    lambdas: tuple[str, ...] = LAMBDAS
    environments: tuple[str, ...] = ENVIRONMENTS
    settings: dict[str, str] = field(default_factory=dict)
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    # Clients are slow to make, and hold nothing that a command leaves behind.
    aws: Aws = field(default_factory=Aws)

    def client(self, service: str) -> Any:
        return self.aws.client(service, REGION, None)

    @property
    def delivery(self) -> Delivery:
        return load(self.folder / "delivery.toml", aws=self.aws)

    # The repository

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    def configure(self, **settings: str) -> None:
        """Writes delivery.toml; `settings` are lines of an environment, or `top`, `ledger`."""
        self.settings.update(settings)
        lines = [
            f'registry = "{self.registry.host}"',
            'main = "main"',
            self.settings.get("top", ""),
            "[signing]",
            'key = "alias/releases"',
            f'region = "{REGION}"',
            self.settings.get("keys", 'public_keys = [{file = "one.pem"}]'),
            "[ledger]",
            f'bucket = "{BUCKET}"',
            f'region = "{REGION}"',
            self.settings.get("ledger", ""),
        ]
        for name in self.environments:
            lines += ["[[environments]]", f'name = "{name}"', f'region = "{REGION}"']
            lines += [f'function = "{name}-{{name}}"', "requests_per_second = 1000"]
            lines += [self.settings.get(name, "")]
        for name in self.lambdas:
            lines += [f"[smoke.{name}]", 'event = {ping = "pong"}', "expect = {ok = true}"]
        (self.folder / "delivery.toml").write_text("\n".join(lines) + "\n")

    def new_key(self, alias: str, file: str) -> None:
        """A KMS key under an alias, its public half in a file of the repository."""
        kms = self.client("kms")
        key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
        aliases = {each["AliasName"] for each in kms.list_aliases()["Aliases"]}
        if alias in aliases:
            kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        else:
            kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
        (self.folder / file).write_text(self.delivery.signer.public_pem())

    # Releases

    def release(
        self, release: str, changed: str = "", signed: bool = True, of: Mapping[str, str] = NEW
    ) -> str:
        """Publishes a release, signed; `changed` marks the bytes of its images. Its id.

        `of` names the release that a lambda's image was made for, where that is an older one.
        """
        commit = self.git("rev-parse", "HEAD")
        images = []
        for name in self.lambdas:
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"digest": digest(name), "size": 2},
                "layers": [],
                "name": name,
                "of": of.get(name, changed or release),
            }
            found = self.registry.put_manifest(f"lambdas/{name}", manifest)
            self.digests[release, name] = found
            images.append(_image(f"lambdas/{name}", name, found))
        base = self.registry.put_manifest("base", {"schemaVersion": 2, "layers": []})
        images.append(_image("base", "base", base))
        self.put_record(release, commit, images)
        if signed:
            sign(self.delivery, release, self.registry.host, "urn:test")
        return release

    def put_record(self, release: str, commit: str, images: list[dict[str, Any]]) -> None:
        """The record's artefact, as `./pants release` makes it."""
        record = {
            "format": 2,
            "id": release,
            "commit": commit,
            "time": "2026-11-23T10:00:00Z",
            "previous": None,
            "images": images,
            "runtime": {"3rdparty/debian/lock.json": "a" * 64},
            "locks": {"3rdparty/python/requirements.txt": "b" * 64},
            "toolchain": {},
        }
        content = json.dumps(record, indent=2, sort_keys=True).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"digest": self.registry.put_blob(b"{}")},
            "layers": [
                {
                    "digest": self.registry.put_blob(content),
                    "annotations": {"org.opencontainers.image.title": "release.json"},
                }
            ],
        }
        self.registry.put_manifest("releases", manifest, tag=release)

    # Environments

    def create_functions(self) -> None:
        """The functions of every environment with their aliases, on some first image."""
        role = self.client("iam").create_role(
            RoleName=_ROLE, AssumeRolePolicyDocument="{}", Path="/"
        )["Role"]["Arn"]
        client = self.client("lambda")
        first = self.registry.put_manifest("first", {"schemaVersion": 2, "layers": []})
        for environment in self.environments:
            for name in self.lambdas:
                function = f"{environment}-{name}"
                client.create_function(
                    FunctionName=function,
                    Role=role,
                    PackageType="Image",
                    Code={"ImageUri": f"{self.registry.host}/first@{first}"},
                )
                client.publish_version(FunctionName=function)
                client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")

    def adopt_all(self) -> None:
        for name in self.environments:
            delivery = self.delivery
            adopt(delivery, delivery.config.environment(name))

    def promote(self, release: str, environment: str, **more: Any) -> Promoted:
        delivery = self.delivery
        return promote(delivery, Order(release, delivery.config.environment(environment), **more))

    def promote_through(self, release: str, *environments: str) -> None:
        for name in environments or self.environments:
            self.promote(release, name)

    # What is there

    def serves(self, environment: str) -> dict[str, str]:
        """The digest that each lambda's alias serves, as Lambda resolved it."""
        client = self.client("lambda")
        found = {}
        for name in self.lambdas:
            answer = client.get_function(FunctionName=f"{environment}-{name}", Qualifier="live")
            found[name] = answer["Code"]["ResolvedImageUri"].partition("@")[2]
        return found

    def weights(self, environment: str) -> dict[str, Any]:
        client = self.client("lambda")
        return {
            name: routing
            for name in self.lambdas
            if (
                routing := (
                    client.get_alias(FunctionName=f"{environment}-{name}", Name="live").get(
                        "RoutingConfig"
                    )
                    or {}
                ).get("AdditionalVersionWeights")
            )
        }

    def wanted(self, release: str) -> dict[str, str]:
        """The digests of a release, by lambda."""
        return {name: self.digests[release, name] for name in self.lambdas}

    def stage(self, environment: str) -> Stage:
        return read_stage(self.delivery, environment)[0]

    def chain(self, environment: str) -> tuple[Stored, ...]:
        return self.delivery.ledger.read(environment).chain

    def move_by_hand(self, environment: str, name: str, version: str, **more: Any) -> None:
        self.client("lambda").update_alias(
            FunctionName=f"{environment}-{name}", Name="live", FunctionVersion=version, **more
        )


@contextmanager
def world(
    folder: Path,
    environments: tuple[str, ...] = ENVIRONMENTS,
    lambdas: tuple[str, ...] = LAMBDAS,
    adopted: bool = True,
    aws: Aws | None = None,
    **settings: str,
) -> Iterator[World]:
    """A world with its functions, whose environments are `adopted`. `aws` may be shared."""
    removed = {name: "" for name in _OF_THE_MACHINE if name in os.environ}
    with (
        patch.dict(os.environ, {**_VARIABLES, **removed, "XDG_CACHE_HOME": str(folder / "cache")}),
        mock_aws(),
        corrected() as behaviour,
        running_registry() as registry,
    ):
        for name in removed:
            del os.environ[name]
        made = World(folder, registry, behaviour, lambdas, environments, aws=aws or Aws())
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("commit", "--quiet", "--allow-empty", "-m", "first")
        made.configure(**settings)
        made.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        made.new_key("alias/releases", "one.pem")
        made.create_functions()
        if adopted:
            made.adopt_all()
        yield made


def _image(repository: str, name: str, found: str) -> dict[str, Any]:
    return {
        "repository": repository,
        "address": f"{repository}:image",
        "name": name,
        "digest": found,
        "fingerprint": digest_of(found.encode()).removeprefix("sha256:"),
        "base": None,
        "sbom": digest_of(b"sbom"),
        "unlocked": [],
    }
