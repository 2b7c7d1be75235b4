"""The custodian's key, and pseudonyms under it: P2 = HMAC(K_C, P1), set-based, in an engine that keeps nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from factlab.agreement import Agreement, Round
from factlab.custodian import admission
from factlab.delivery.identity import Identity
from factlab.delivery.plaintext import SCHEMAS
from factlab.delivery.rekeying import Submission
from factlab.engine import Engine, read_step

DROPPED = SCHEMAS["droplist"]


def key(custodian: Identity, round_: Round, digests: Iterable[str]) -> bytes:
    """K_C: 64 lower-case hexadecimal characters, exactly one block of SHA-256.

    Its master comes from the custodian's key file of this round: where that file is destroyed, the key is. It depends
    on all that is re-keyed together (the `digests` of the submissions): what a correction or a drop list changes can't
    be seen by comparing pseudonyms before and after.
    """
    master = custodian.derive("custodian")
    together = hashlib.sha256("\n".join(sorted(digests)).encode("ascii")).digest()
    info = b"factlab/v1/rekey|" + together
    made = HKDF(SHA256(), 32, salt=bytes.fromhex(round_.round_id), info=info).derive(master)
    return made.hex().encode("ascii")


def key_check(key_: bytes) -> str:
    """Eight bytes, as hex, that show under which key something was re-keyed. No pseudonym is of this text."""
    return hmac.digest(key_, b"factlab/v1/rekey-check", "sha256")[:8].hex()


class Rekeying:
    """One submission after another, each alone in the engine: measured, checked, stripped of what must be dropped, re-keyed."""

    def __init__(self) -> None:
        self.engine = Engine()

    def __enter__(self) -> Rekeying:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()

    def _begin(self, submission: Submission) -> None:
        self.engine.clear()
        self.engine.load("submitted", submission.rows)

    def check(self, submission: Submission, agreement: Agreement) -> None:
        """Refuse what is over its quota or so fine that it points at households. Raises DeliveryError."""
        self._begin(submission)
        self.engine.run(read_step("custodian/01_measured.sql"))
        households = self.engine.rows("select count(distinct pseudonym) from submitted")[0][0]
        admission.check_size(submission, int(households), agreement)
        sizes = [int(size) for (size,) in self.engine.rows("select households from measured")]
        admission.check_codes(submission, sizes, agreement)

    def rows(self, submission: Submission, key_: bytes, dropped: Any) -> Any:
        """The rows (pseudonym, code) under the custodian's key, without those that `dropped` names."""
        self._begin(submission)
        self.engine.load("dropped", dropped)
        self.engine.run(read_step("custodian/02_kept.sql"))
        self.engine.set(
            {
                "inner_pad": bytes(byte ^ 0x36 for byte in key_),
                "outer_pad": bytes(byte ^ 0x5C for byte in key_),
            }
        )
        self.engine.run(read_step("custodian/03_rekeyed.sql"))
        # As bytes: DuckDB gives a UUID to Arrow as text.
        found = self.engine.table(
            "select unhex(replace(cast(pseudonym as varchar), '-', '')) as pseudonym, code from rekeyed"
        ).combine_chunks()
        storage = found.column("pseudonym").cast(pa.binary(16)).combine_chunks()
        return pa.table(
            {
                "pseudonym": pa.ExtensionArray.from_storage(pa.uuid(), storage),
                "code": found.column("code"),
            }
        )
