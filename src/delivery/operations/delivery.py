"""All that the operations stand on, put together once from `delivery.toml`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from delivery.core.config import Config, Environment
from delivery.core.config import parse as parse_config
from delivery.core.errors import ConfigError
from delivery.edges import signing
from delivery.edges.aws import Aws
from delivery.edges.functions import Functions
from delivery.edges.kept import Kept, folder_of
from delivery.edges.ledger import Ledger
from delivery.edges.registry import Registry
from delivery.edges.signing import Signer, TrustedKey

# Takes what is being done, and of which lambda; "" stands for all.
Progress = Callable[[str, str], None]


def _silent(name: str, step: str) -> None:
    pass


@dataclass(frozen=True)
class Delivery:
    """A repository's delivery: `folder` is where `delivery.toml` lies and paths in it begin."""

    config: Config
    folder: Path
    aws: Aws = field(default_factory=Aws)
    progress: Progress = _silent
    _registries: dict[str, Registry] = field(default_factory=dict, repr=False)

    @cached_property
    def keys(self) -> tuple[TrustedKey, ...]:
        return signing.load_keys(self.folder, self.config.signing.public_keys)

    @property
    def release_keys(self) -> tuple[TrustedKey, ...]:
        return signing.signing(self.keys, "releases")

    @cached_property
    def signer(self) -> Signer:
        """Signs releases."""
        return Signer(self._kms, self.config.signing.key, lambda: self.release_keys)

    @property
    def ledger_keys(self) -> tuple[TrustedKey, ...]:
        return signing.signing(self.keys, "ledger")

    @cached_property
    def ledger_signer(self) -> Signer:
        """Signs the ledger's entries: whoever does that need not be able to sign releases."""
        place = self.config.ledger
        if place.key:
            kms = self._kms_of(place.region, place.role)
            return Signer(kms, place.key, lambda: self.ledger_keys)
        return Signer(self._kms, self.config.signing.key, lambda: self.ledger_keys)

    @cached_property
    def ledger(self) -> Ledger:
        place, kept = self.config.ledger, Kept(folder_of(os.environ))
        return Ledger(self.aws, place, self.ledger_keys, self.ledger_signer, kept)

    @cached_property
    def by(self) -> str:
        """Who is at work, as AWS knows them."""
        return self.aws.caller(self.config.ledger.region)

    def functions(self, environment: Environment) -> Functions:
        client = self.aws.lambdas(
            environment.region, environment.role, environment.requests_per_second
        )
        return Functions(client, environment.alias, environment.update_timeout.total_seconds())

    def registry(self, host: str) -> Registry:
        return self._registries.setdefault(host, Registry(host))

    def _kms(self) -> Any:
        place = self.config.signing
        return self._kms_of(place.region, place.role)()

    def _kms_of(self, region: str, role: str | None) -> Callable[[], Any]:
        return lambda: self.aws.client("kms", region, role)


def load(path: Path, progress: Progress = _silent, aws: Aws | None = None) -> Delivery:
    """The delivery that a file describes. Raises `ConfigError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). docs/delivery.md shows a whole one; "
            "`--config` names another."
        ) from error
    config = parse_config(data, str(path))
    return Delivery(config, path.resolve().parent, aws or Aws(), progress)
