"""The ledger in S3: `<prefix><environment>/00000001.json` and on, each written on one condition.

`If-None-Match: *` makes S3 refuse a key that is there, so of two writers one wins. All times are
S3's own, from its answers: no operator's clock decides on a soak or a lease.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from delivery.core import chain as chains
from delivery.core.chain import Head, Stored
from delivery.core.config import LedgerPlace
from delivery.core.entry import PAYLOAD_TYPE, Entry, parse
from delivery.core.errors import AwsError, LedgerError, SignatureError, Taken
from delivery.edges.aws import Aws, code_of, explained
from delivery.edges.kept import Kept
from delivery.edges.signing import Signer, TrustedKey, open_envelope

_NUMBER = re.compile(r"([0-9]{8})\.json")
_READERS = 16


@dataclass(frozen=True)
class Read:
    """An environment's entries, oldest first, and S3's clock when they were read."""

    chain: tuple[Stored, ...]
    now: datetime

    @property
    def head(self) -> Head:
        return chains.head_of(self.chain)


class Ledger:
    """The ledgers of all environments, in one bucket."""

    def __init__(
        self, aws: Aws, place: LedgerPlace, keys: Sequence[TrustedKey], signer: Signer, kept: Kept
    ) -> None:
        self._aws, self._place, self._keys, self.signer = aws, place, keys, signer
        self._kept = kept

    def read(self, environment: str) -> Read:
        """Every entry, its signature and the chain checked. Raises `LedgerError`.

        Only those that this machine has not read before, or that S3 lists with another ETag, are
        fetched; all are checked.
        """
        etags, now = self._list(environment)
        chains.check_numbers(environment, etags)

        def get(number: int) -> Stored:
            return self._get(environment, number, etags[number])

        with ThreadPoolExecutor(_READERS) as pool:
            entries = list(pool.map(get, sorted(etags)))
        chains.check_chain(environment, entries)
        return Read(tuple(entries), now)

    def append(self, draft: Entry, head: Head) -> tuple[Entry, Head]:
        """Write the entry after `head`. Raises `Taken` when somebody else has written one."""
        now = self.now()
        time = max(now.isoformat().replace("+00:00", "Z"), head.time)
        entry = draft.model_copy(
            update={"number": head.number + 1, "previous": head.sha256, "time": time}
        )
        data = self.signer.sign(entry.dump(), PAYLOAD_TYPE)
        self._put(entry, data)
        return entry, Head(entry.number, Stored(entry, data).sha256, entry.time)

    def _put(self, entry: Entry, data: bytes) -> None:
        key = self._key(entry.environment, entry.number)
        try:
            with explained(f"the ledger entry {key} cannot be written"):
                written = self._client().put_object(
                    Bucket=self._place.bucket,
                    Key=key,
                    Body=data,
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            self._kept.put(self._url(key), written["ETag"], data)
        except AwsError as error:
            cause = error.__cause__
            codes = ("PreconditionFailed", "ConditionalRequestConflict")
            if not isinstance(cause, ClientError) or code_of(cause) not in codes:
                raise
            # An attempt whose answer was lost is sent again, and then finds itself.
            if self._fetch(key)[0] == data:
                return
            other = self._get(entry.environment, entry.number).entry
            raise Taken(
                f"{other.by} has changed {entry.environment} meanwhile ({other.verb}: "
                f"{other.kind}, {other.time}). `delivery status` shows what is there now."
            ) from error

    def _list(self, environment: str) -> tuple[dict[int, str], datetime]:
        """The ETags of the entries by number, and S3's clock."""
        prefix = f"{self._place.prefix}{environment}/"
        etags: dict[int, str] = {}
        with explained(f"the ledger of {environment} cannot be listed"):
            pages = self._client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=prefix):
                now = _date(page)
                for each in page.get("Contents", ()):
                    found = _NUMBER.fullmatch(each["Key"].removeprefix(prefix))
                    if not found:
                        raise LedgerError(
                            f"s3://{self._place.bucket}/{each['Key']} is no ledger entry: "
                            "somebody put it there. Remove it."
                        )
                    etags[int(found[1])] = each["ETag"]
        return etags, now

    def _get(self, environment: str, number: int, etag: str = "") -> Stored:
        """An entry, its signature checked; `etag` is how S3 lists it, empty to ask S3 anew."""
        key = self._key(environment, number)
        what = self._url(key)
        kept = self._kept.get(what, etag) if etag else None
        if kept is not None:
            # What was damaged on this disk says nothing about the bucket: S3 has the last word.
            with suppress(LedgerError):
                return self._open(kept, what)
        data, etag = self._fetch(key)
        stored = self._open(data, what)
        self._kept.put(what, etag, data)
        return stored

    def _open(self, data: bytes, what: str) -> Stored:
        try:
            opened = open_envelope(data, PAYLOAD_TYPE, self._keys, what)
        except SignatureError as error:
            raise LedgerError(f"{error}. Compare it with the bucket's versions.") from error
        return Stored(parse(opened.payload, what), data, opened.signer.retired)

    def _fetch(self, key: str) -> tuple[bytes, str]:
        """An entry's bytes and their ETag."""
        with explained(f"the ledger entry {key} cannot be read"):
            found = self._client().get_object(Bucket=self._place.bucket, Key=key)
            data: bytes = found["Body"].read()
        return data, str(found["ETag"])

    def now(self) -> datetime:
        """S3's clock."""
        with explained("the ledger's bucket cannot be reached"):
            return _date(self._client().head_bucket(Bucket=self._place.bucket))

    def _key(self, environment: str, number: int) -> str:
        return f"{self._place.prefix}{environment}/{number:08d}.json"

    def _url(self, key: str) -> str:
        return f"s3://{self._place.bucket}/{key}"

    def _client(self) -> Any:
        return self._aws.client("s3", self._place.region, self._place.role)


def _date(answer: dict[str, Any]) -> datetime:
    """When S3 answered, by its own clock."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
