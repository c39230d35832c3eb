"""What goes wrong in a delivery. Each class is one kind of failure; its text is for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DeliveryError(Exception):
    """Something is wrong, and the text holds where, what, why and the next command."""


class ConfigError(DeliveryError):
    """`delivery.toml` cannot be used. The text begins with file and line."""


class RecordError(DeliveryError):
    """A release record is missing, or is none that this version reads."""


class SignatureError(DeliveryError):
    """No known key has signed this, or what is signed is something else."""


class RegistryError(DeliveryError):
    """A registry cannot be reached, refuses, or answers with other bytes than it was asked for."""


class LedgerError(DeliveryError):
    """The ledger cannot be trusted: an entry is missing, altered, out of order or not signed."""


class Taken(DeliveryError):
    """Somebody else wrote the ledger's next entry first; nothing was written."""


class AwsError(DeliveryError):
    """AWS refused a call, or did not finish in time."""


@dataclass(frozen=True)
class Refusal:
    """Why something is not done. `gate` is its name in docs/delivery.md, `fix` what to do next."""

    gate: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}. {self.fix}"


class Refused(DeliveryError):
    """Nothing was changed: at least one gate is closed."""

    def __init__(self, headline: str, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        lines = [f"  {each.gate}: {each}" for each in self.refusals]
        super().__init__("\n".join([headline, *lines]))
