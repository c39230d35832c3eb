"""Signs a release's record, and stores the envelope beside it."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.core import statement
from delivery.core.errors import Refusal, Refused, SignatureError
from delivery.edges import releases
from delivery.edges.git import not_on_main
from delivery.operations.delivery import Delivery


@dataclass(frozen=True)
class Signed:
    """The artefact that refers to the record; `again` when a key in use had signed it before."""

    reference: str
    keyid: str
    again: bool = False


def sign(delivery: Delivery, release: str, host: str, builder: str) -> Signed:
    """Raises `Refused` for a commit that is not on main: nobody could promote it anyway."""
    registry = delivery.registry(host)
    repository = delivery.config.releases
    found = releases.find(registry, repository, release)
    off_main = not_on_main(delivery.folder, found.record.commit, delivery.config.main)
    if off_main:
        raise Refused(
            f"refused to sign {release}:",
            [Refusal("main", off_main, "Sign the release of a commit that was merged")],
        )
    key = delivery.signer.key()
    own = [each for each in delivery.release_keys if each.keyid == key.keyid]
    try:
        if own:
            releases.verify(registry, repository, found, own)
            return Signed(f"{host}/{repository}:{release}", str(key.keyid), again=True)
    except SignatureError:
        pass
    payload = statement.statement(found.record, delivery.config.main, builder)
    envelope = delivery.signer.sign(payload, statement.PAYLOAD_TYPE)
    digest = releases.attach(registry, repository, found, envelope)
    return Signed(f"{host}/{repository}@{digest}", str(key.keyid))
