"""What was seen in an environment: values that a plan is made of, and compared by."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from delivery.core.entry import Running


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Alias(_Model):
    """An alias. `weights` are the shares of further versions, which a canary gives and takes."""

    version: str
    revision: str
    description: str = ""
    weights: dict[str, float] = {}


class Code(_Model):
    """A version's code: `image` is the address it was given, `digest` what it resolved to.

    `digest` is None for a function of another package type. `status` is of its last update.
    """

    version: str
    revision: str
    digest: str | None
    image: str | None = None
    state: str = "Active"
    status: str = "Successful"
    reason: str = ""
    modified: str = ""


class Function(_Model):
    """A function: what serves (`alias`, `serves`) and what a next version would be made of.

    `exists` is false where there is none of that name. `serves` is the code of the alias' version,
    from the ledger where that has it, since a version never changes.
    """

    name: str
    function: str
    exists: bool = True
    alias: Alias | None = None
    serves: Code | None = None
    latest: Code | None = None

    @property
    def runs(self) -> Running | None:
        """What the alias points to; None where there is no alias."""
        if self.alias is None:
            return None
        return Running(
            version=self.alias.version,
            digest=self.serves.digest if self.serves else None,
            image=self.serves.image if self.serves else None,
            revision=self.alias.revision,
        )
